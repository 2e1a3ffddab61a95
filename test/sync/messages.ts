import type { Outcome } from '../../lambdas/sync/outcome.ts';
import type { Handled } from '../../lambdas/sync/types.ts';
import type { Message, Reconcile } from '../../shared/messages/message.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';

/** A change of ticket `zendesk/<id>`, a link at version 1 unless told otherwise. */
export const ticketChange = (
  id: number | string,
  correlation: TicketChange['correlation'],
  change: Partial<TicketChange> = {},
): TicketChange => ({
  v: 1,
  kind: 'ticket-change',
  ticket: `zendesk/${id}`,
  version: '1',
  link: {
    type: 'Referenced',
    url: `https://acme.zendesk.com/agent/tickets/${id}`,
    title: `Ticket ${id}`,
  },
  correlation,
  occurredAt: Date.now() - 100,
  receivedAt: Date.now(),
  ...change,
});

/** A settle as an event of TaskRouter brings about, unless told otherwise. */
export const reconcileMessage = (taskSid: string, settle: Partial<Reconcile> = {}): Reconcile => ({
  v: 1,
  kind: 'settle',
  taskSid,
  occurredAt: Date.now() - 100,
  receivedAt: Date.now(),
  ...settle,
});

export const linkVersion = (id: number | string, version: number): TicketChange['link'] => ({
  type: 'Referenced',
  url: `https://acme.zendesk.com/agent/tickets/${id}?v=${version}`,
});

/** How long the function has; the sync keeps a third of it for requests under way. */
export const lambdaContext = (totalMs = 30_000) => {
  const end = Date.now() + totalMs;
  return { getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) };
};

export const now = Date.UTC(2026, 10, 22);

interface DeliverySpec {
  readonly message?: Message;
  readonly outcome: Outcome;
  readonly fate?: Handled['disposition'];
  readonly visits?: Handled['updates'];
  /** When it was put on the queue, seconds before now: when it was taken in, unless told otherwise. */
  readonly sentSeconds?: number;
}

/** A change that was made and taken in so many seconds ago. */
export const changeSince = (
  seconds: number,
  change: Parameters<typeof ticketChange>[2] = {},
): ReturnType<typeof ticketChange> => {
  const at = now - seconds * 1000;
  return ticketChange(1, {}, { occurredAt: at, receivedAt: at, ...change });
};

/** A record that was handed over for the first time, and what it came to now. */
export const handledOf = ({
  message = changeSince(0),
  outcome,
  fate = { action: 'acknowledge' },
  visits = [],
  sentSeconds = (now - message.receivedAt) / 1000,
}: DeliverySpec): Handled => ({
  record: {
    messageId: 'message',
    receiptHandle: 'receipt',
    body: JSON.stringify(message),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(now - sentSeconds * 1000),
      SenderId: '',
      ApproximateFirstReceiveTimestamp: String(now),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  },
  tries: 1,
  firstTriedAt: now,
  message,
  outcome,
  updates: visits,
  disposition: fate,
});
