import type { SQSRecord } from 'aws-lambda';
import { TicketChange } from '../../shared/message/ticket-change.ts';
import type { Delivery, Received } from './delivery.ts';

export interface Unreadable extends Received {
  /** Where and how the message is wrong, without a word of what it says. */
  readonly detail: string;
}

/** Never throws, so that one odd message cannot fail the batch, whatever a schema makes of it. */
const parseBody = (
  body: string,
): { readonly change: TicketChange } | { readonly detail: string } => {
  try {
    const parsed = TicketChange.safeParse(JSON.parse(body));
    if (parsed.success) return { change: parsed.data };
    const issues = parsed.error.issues.map(
      ({ path, code }) => `${path.join('.') || 'body'} ${code}`,
    );
    return { detail: issues.join(', ') };
  } catch {
    // The error of JSON.parse quotes the body.
    return { detail: 'cannot be parsed' };
  }
};

/** Parts a batch into the messages we understand and those we do not, each in the order given. */
export const parseRecords = (
  records: readonly SQSRecord[],
): { readonly deliveries: readonly Delivery[]; readonly unreadable: readonly Unreadable[] } => {
  const deliveries: Delivery[] = [];
  const unreadable: Unreadable[] = [];
  for (const record of records) {
    const received = { record, tries: Number(record.attributes.ApproximateReceiveCount) };
    const parsed = parseBody(record.body);
    if ('change' in parsed) deliveries.push({ ...received, ...parsed });
    else unreadable.push({ ...received, ...parsed });
  }
  return { deliveries, unreadable };
};
