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

/**
 * What somebody knows of a ticket on one Task. Facts of one ticket may come in any order, each any number
 * of times.
 */
export const KnownTicket = z.strictObject({
  ticket: TicketKey,
  version: Version,
  /** `null`: the ticket was deleted. Absent: nothing is said of the link. */
  link: Link.nullable().optional(),
  /** Whether the CRM says, by a SID, that the ticket is on this conversation. Absent: it does not say. */
  placed: z.boolean().optional(),
  /** The version that says so, if it is another. */
  placedVersion: Version.optional(),
  /** The Task named it. */
  named: z.literal(true).optional(),
  /** Id of a ticket that was merged into it, and by which the Task names it. */
  alias: TicketId.optional(),
  /** A ticket that was merged into it: it goes where that one was. */
  replaces: TicketKey.optional(),
});

export type KnownTicket = z.infer<typeof KnownTicket>;

/** Bookkeeping of every message. Times are milliseconds since 1970. */
const commonMeta = {
  /** When it was put on the queue for the first time. */
  receivedAt: z.int().nonnegative(),
  /** The Task is in wrap-up or finished: Twilio deletes it soon. */
  finishing: z.literal(true).optional(),
};

/** Applies one change of one ticket to its Tasks. */
export const TicketChangeMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal('ticket-change'),
  meta: z.strictObject({
    ...commonMeta,
    /**
     * A recheck only: the number of this check of an exclusive change, from 1. A change that was in
     * progress beside it may have put the ticket on a conversation that it has left.
     */
    recheckRound: z.int().positive().optional(),
    /** A try found a Task that it waits for: if none matches any more, that Task is gone. */
    found: z.literal(true).optional(),
  }),
  change: TicketChange,
});

export type TicketChangeMessage = z.infer<typeof TicketChangeMessage>;

/**
 * Brings one Task to what its own ledger says. Safe at any time, any number of times.
 *
 * With a `change` it is a confirmation: it holds what was written to the Task, to write it again if
 * somebody has overwritten it, ledger included.
 */
export const ReconcileMessage = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('reconcile'),
    meta: z.strictObject({
      ...commonMeta,
      taskSid: TaskSid,
      /** When its reason happened: an event of TaskRouter, or our own write. */
      occurredAt: z.int().nonnegative(),
      /** An event only: the Task named a ticket whose link it did not have. */
      toLink: z.literal(true).optional(),
      /** A confirmation only: the number of this check of the write, from 1. */
      confirmationRound: z.int().positive().optional(),
      /** A confirmation only: how many confirmations in a row have had to write before it. */
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

/** A message of the queue: bookkeeping in `meta`, facts in `change`. */
export const Message = z.discriminatedUnion('kind', [TicketChangeMessage, ReconcileMessage]);

export type Message = z.infer<typeof Message>;

/** Whether a message checks an earlier write. */
export function isConfirmation(message: Message): message is ConfirmationMessage {
  return message.kind === 'reconcile' && message.change !== undefined;
}

/** The message group of reconciles. No source can have this name. */
const taskGroupId = 'Tasks';

/**
 * The group that keeps a standard queue fair: a flood of one source does not hold up the others. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function messageGroupId(message: Message): string {
  return message.kind === 'reconcile' ? taskGroupId : sourceOf(message.change.ticket);
}

/** The attributes of a replayed message, by which its operator finds its outcome in the log. */
interface ReplayMark {
  /** The id of the replay that sent it. */
  readonly replay: string;
  /** Its SQS message id in the dead-letter queue. A message that is sent again gets another. */
  readonly deadLetterId: string;
}

/** The mark of a message as Lambda delivers it; undefined if it was never replayed. */
export function readReplayMark(attributes: SQSMessageAttributes): ReplayMark | undefined {
  const replay = attributes['replay']?.stringValue;
  const deadLetterId = attributes['deadLetterId']?.stringValue;
  return replay === undefined || deadLetterId === undefined ? undefined : { replay, deadLetterId };
}

/** The mark as attributes of a message to send. */
export function replayAttributes({
  replay,
  deadLetterId,
}: ReplayMark): Record<keyof ReplayMark, MessageAttributeValue> {
  return {
    replay: { DataType: 'String', StringValue: replay },
    deadLetterId: { DataType: 'String', StringValue: deadLetterId },
  };
}
