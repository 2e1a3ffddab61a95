import type { SQSRecord } from 'aws-lambda';
import { Message } from '../../shared/messages/message.ts';
import type { Delivery, InvalidRecord } from '../../shared/sync/types.ts';

/** The records of an SQS event as deliveries, and those whose message is not valid. Never throws. */
export function parseRecords(records: readonly SQSRecord[]): {
  deliveries: readonly Delivery[];
  invalid: readonly InvalidRecord[];
} {
  const deliveries: Delivery[] = [];
  const invalid: InvalidRecord[] = [];
  for (const record of records) {
    const tries = Number(record.attributes.ApproximateReceiveCount);
    const firstTriedAt = Number(record.attributes.ApproximateFirstReceiveTimestamp);
    const parsed = parseBody(record.body);
    if ('detail' in parsed) {
      invalid.push({ record, message: undefined, tries, firstTriedAt, detail: parsed.detail });
    } else {
      deliveries.push({ record, message: parsed.message, tries, firstTriedAt });
    }
  }
  return { deliveries, invalid };
}

function parseBody(body: string): { message: Message } | { detail: string } {
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
