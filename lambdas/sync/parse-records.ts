import type { SQSRecord } from 'aws-lambda';
import { Message } from '../../shared/messages/message.ts';
import type { Delivery, Received, SettleDelivery } from './types.ts';

interface InvalidRecord extends Received {
  /** Where and how the message is wrong, without a word of what it says. */
  readonly detail: string;
}

/** Parts a batch by what its messages are, each part in the order given. */
export function parseRecords(records: readonly SQSRecord[]): {
  readonly changes: readonly Delivery[];
  readonly reconciles: readonly SettleDelivery[];
  readonly invalid: readonly InvalidRecord[];
} {
  const changes: Delivery[] = [];
  const reconciles: SettleDelivery[] = [];
  const invalid: InvalidRecord[] = [];
  for (const record of records) {
    const { ApproximateReceiveCount, ApproximateFirstReceiveTimestamp } = record.attributes;
    const received = {
      record,
      tries: Number(ApproximateReceiveCount),
      firstTriedAt: Number(ApproximateFirstReceiveTimestamp),
    };
    const parsed = parseBody(record.body);
    if ('detail' in parsed) invalid.push({ ...received, ...parsed });
    else if (parsed.message.kind === 'settle')
      reconciles.push({ ...received, settle: parsed.message });
    else changes.push({ ...received, change: parsed.message });
  }
  return { changes, reconciles, invalid };
}

/** Never throws, so that one odd message cannot fail the batch, whatever a schema makes of it. */
function parseBody(body: string): { readonly message: Message } | { readonly detail: string } {
  try {
    const parsed = Message.safeParse(JSON.parse(body));
    if (parsed.success) return { message: parsed.data };
    const issues = parsed.error.issues.map(
      ({ path, code }) => `${path.join('.') || 'body'} ${code}`,
    );
    return { detail: issues.join(', ') };
  } catch {
    // The error of JSON.parse quotes the body.
    return { detail: 'cannot be parsed' };
  }
}
