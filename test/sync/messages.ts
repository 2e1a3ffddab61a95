import { LinkConfigs } from '../../shared/crm/link-settings.ts';
import type {
  Message,
  ReconcileMessage,
  TicketChangeMessage,
} from '../../shared/messages/message.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import type { BatchRecord, BatchResult, Delivery, Result } from '../../shared/sync/types.ts';

/** The sources whose tickets a Task may name. */
export const linkConfigs = LinkConfigs.parse({
  zendesk: {
    kind: 'zendesk',
    ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
    taskAttribute: 'zd_ticket_id',
  },
});

/** The message of a change of ticket `zendesk/<id>`, a link at version 1 by default. */
export const ticketChange = (
  id: number | string,
  correlation: TicketChange['correlation'],
  change: Partial<TicketChange> = {},
  meta: Partial<TicketChangeMessage['meta']> = {},
): TicketChangeMessage => ({
  v: 1,
  kind: 'ticket-change',
  meta: { receivedAt: Date.now(), ...meta },
  change: {
    ticket: `zendesk/${id}`,
    version: '1',
    link: {
      type: 'Referenced',
      url: `https://acme.zendesk.com/agent/tickets/${id}`,
      title: `Ticket ${id}`,
    },
    correlation,
    occurredAt: Date.now() - 100,
    ...change,
  },
});

/** A reconcile after an event of TaskRouter. */
export const reconcileMessage = (
  taskSid: string,
  meta: Partial<ReconcileMessage['meta']> = {},
): ReconcileMessage => ({
  v: 1,
  kind: 'reconcile',
  meta: { receivedAt: Date.now(), taskSid, occurredAt: Date.now() - 100, ...meta },
});

/** A confirmation of a write of no tickets. */
export const confirmationMessage = (
  taskSid: string,
  confirmationRound: number,
  receivedAt = Date.now(),
): ReconcileMessage => ({
  ...reconcileMessage(taskSid, { receivedAt, confirmationRound, repairStreak: 0 }),
  change: { tickets: [] },
});

/** How long the function has; the sync keeps a third of it for requests under way. */
export const lambdaContext = (totalMs = 30_000) => {
  const end = Date.now() + totalMs;
  return { getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) };
};

export const now = Date.UTC(2026, 10, 22);

/** A change that was made and accepted so many seconds ago. */
export const changeSince = (
  seconds: number,
  change: Partial<TicketChange> = {},
  meta: Partial<TicketChangeMessage['meta']> = {},
): TicketChangeMessage => {
  const at = now - seconds * 1000;
  return ticketChange(1, {}, { occurredAt: at, ...change }, { receivedAt: at, ...meta });
};

/** The first delivery of a message, sent when it was accepted, or so many seconds before now. */
export const deliveryOf = (
  message: Message = changeSince(0),
  sentSeconds = (now - message.meta.receivedAt) / 1000,
): Delivery => ({
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
  sentAt: now - sentSeconds * 1000,
  unfinishedTries: 0,
  message,
});

/** A batch of such deliveries, nothing of which stays in the queue. */
export const batchResult = (
  results: readonly [BatchRecord, Result][],
  updates: BatchResult['updates'] = [],
): BatchResult => ({ results: new Map(results), updates, keptInQueue: new Set(), searchCalls: 1 });
