import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSMessageAttributes } from 'aws-lambda';
import * as z from 'zod';
import {
  Link,
  sourceOf,
  TaskSid,
  TicketChange,
  TicketId,
  TicketKey,
  Version,
} from './ticket-change.ts';

/** Known facts about a ticket on one Task. The facts may arrive in any order, and more than once. */
export const KnownTicket = z.strictObject({
  ticket: TicketKey,
  version: Version,
  /** `null`: the ticket was deleted. Missing: there is no fact about the link. */
  link: Link.nullable().optional(),
  /** Whether a SID from the CRM places the ticket on this conversation. Missing: the CRM does not say. */
  placed: z.boolean().optional(),
  /** The version of that fact, if it is another version. */
  placedVersion: Version.optional(),
  /** Whether the Task named the ticket. */
  named: z.literal(true).optional(),
  /** The id of a ticket that was merged into this one, if the Task names this ticket by that id. */
  alias: TicketId.optional(),
  /** A ticket that was merged into this one. This one goes where that one was. */
  replaces: TicketKey.optional(),
});

export type KnownTicket = z.infer<typeof KnownTicket>;

/** Data of every message, beside its facts. Times are milliseconds since 1970. */
const commonMeta = {
  /** When the message was first put on the queue. */
  receivedAt: z.int().nonnegative(),
  /** Set if the Task is in wrap-up or finished. Twilio deletes it soon. */
  finishing: z.literal(true).optional(),
};

/** Applies one change of one ticket to its Tasks. */
export const TicketChangeMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal('ticket-change'),
  meta: z.strictObject({
    ...commonMeta,
    /**
     * Only for a recheck: the number of this check of an exclusive change, from 1. A change that was in progress at
     * the same time may have put the ticket on a conversation that it has left.
     */
    recheckRound: z.int().positive().optional(),
    /**
     * Set if an earlier try found a Task that the change waits for. If no Task matches any more, that Task was
     * deleted.
     */
    found: z.literal(true).optional(),
  }),
  change: TicketChange,
});

export type TicketChangeMessage = z.infer<typeof TicketChangeMessage>;

/**
 * Reconciles one Task with its own ledger. This is safe at any time, and more than once.
 *
 * With a `change`, the message is a confirmation. The change contains what was written to the Task. It is written
 * again if somebody has overwritten it, even with the ledger.
 */
export const ReconcileMessage = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('reconcile'),
    meta: z.strictObject({
      ...commonMeta,
      taskSid: TaskSid,
      /** The time of its cause: a TaskRouter event, or our own write. */
      occurredAt: z.int().nonnegative(),
      /** Only for an event: the Task named a ticket whose link it did not have. */
      toLink: z.literal(true).optional(),
      /** Only for a confirmation: the number of this check of the write, from 1. */
      confirmationRound: z.int().positive().optional(),
      /** Only for a confirmation: how many confirmations in a row before it had to write. */
      repairStreak: z.int().nonnegative().optional(),
    }),
    change: z.strictObject({ tickets: z.array(KnownTicket) }).optional(),
  })
  .refine(
    ({ meta: { confirmationRound, repairStreak }, change }) =>
      (change === undefined) === (confirmationRound === undefined) &&
      (change === undefined) === (repairStreak === undefined),
    'a confirmation needs change.tickets, meta.confirmationRound and meta.repairStreak',
  );

export type ReconcileMessage = z.infer<typeof ReconcileMessage>;

interface ConfirmationMessage extends ReconcileMessage {
  readonly meta: ReconcileMessage['meta'] & {
    readonly confirmationRound: number;
    readonly repairStreak: number;
  };
  readonly change: { readonly tickets: KnownTicket[] };
}

/** A message of the queue. `meta` has data about the message, `change` has facts about tickets. */
export const Message = z.discriminatedUnion('kind', [TicketChangeMessage, ReconcileMessage]);

export type Message = z.infer<typeof Message>;

/** Whether a message checks an earlier write. */
export function isConfirmation(message: Message): message is ConfirmationMessage {
  return message.kind === 'reconcile' && message.change !== undefined;
}

/** The message group of reconciles. No source can have this name. */
const taskGroupId = 'Tasks';

/**
 * The message group. It keeps a standard queue fair: a flood from one source does not delay the others. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function messageGroupId(message: Message): string {
  return message.kind === 'reconcile' ? taskGroupId : sourceOf(message.change.ticket);
}

/** The attributes of a replayed message. Its operator finds the outcome in the log by them. */
interface ReplayMark {
  /** The id of the replay that sent it. */
  readonly replay: string;
  /** Its SQS message id in the dead-letter queue. A message that is sent again gets another id. */
  readonly deadLetterId: string;
}

/** The replay mark of a message that Lambda delivers. Undefined if the message was never replayed. */
export function readReplayMark(attributes: SQSMessageAttributes): ReplayMark | undefined {
  const replay = attributes['replay']?.stringValue;
  const deadLetterId = attributes['deadLetterId']?.stringValue;
  return replay === undefined || deadLetterId === undefined ? undefined : { replay, deadLetterId };
}

/** The replay mark as attributes of a message to send. */
export function replayAttributes({
  replay,
  deadLetterId,
}: ReplayMark): Record<keyof ReplayMark, MessageAttributeValue> {
  return {
    replay: { DataType: 'String', StringValue: replay },
    deadLetterId: { DataType: 'String', StringValue: deadLetterId },
  };
}
