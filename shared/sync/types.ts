import type { SQSRecord } from 'aws-lambda';
import type { RejectionReason } from '../media/outcomes.ts';
import type { Rewrite } from '../media/rewrite.ts';
import type {
  KnownTicket,
  Message,
  ReconcileMessage,
  TicketChangeMessage,
} from '../messages/message.ts';
import type { TaskStatus } from '../messages/segments.ts';
import type { CallCounter } from '../taskrouter/task-router.ts';

/** A record of the queue and its message. It is the same object from the SQS event to its disposition. */
export interface Delivery<M extends Message | undefined = Message> {
  readonly record: SQSRecord;
  readonly message: M;
  /** How often SQS has delivered the message, with this delivery and those of earlier copies. */
  readonly tries: number;
  /** When SQS delivered the message for the first time, in milliseconds since 1970. */
  readonly firstTriedAt: number;
  /** When the message was sent, in milliseconds since 1970. For copies of a retry, the time of the first copy. */
  readonly sentAt: number;
  /** How many tries in a row left no outcome, because the function crashed, timed out or did not start. */
  readonly unfinishedTries: number;
}

export type ChangeDelivery = Delivery<TicketChangeMessage>;

export type ReconcileDelivery = Delivery<ReconcileMessage>;

/** A record whose message is not valid. */
export interface InvalidRecord extends Delivery<undefined> {
  /** Which fields are wrong, and why, without their values. */
  readonly detail: string;
}

/** Any record of a batch. */
export type BatchRecord = Delivery | InvalidRecord;

/** Why a message is tried again. */
export type RetryReason =
  | 'unauthorized'
  | 'crashed'
  | 'taskrouter-unavailable'
  | 'taskrouter-invalid-response'
  | 'conflict'
  | 'deadline'
  | 'sync-did-not-finish';

/** Why a message can never be applied in its present form. */
type RejectReason = RejectionReason | 'twilio-bad-request' | 'invalid-message';

/** Why a message is in the dead-letter queue. */
export type DeadLetterReason = RejectReason | Exclude<RetryReason, 'conflict' | 'deadline'>;

/** The result of one try of one message. A `detail` contains no values of the message or the Task. */
export type Outcome =
  | {
      readonly outcome:
        | 'linked'
        | 'removed'
        /** The Task was not up to date, and is now. */
        | 'reconciled'
        | 'unchanged'
        | 'stale'
        | 'waiting'
        | 'expired';
    }
  | {
      readonly outcome: 'unmatched';
      /** Set if no search was made while the Task surely existed. Then the Task may have been lost. */
      readonly late?: true;
    }
  | {
      readonly outcome: 'retry';
      readonly reason: RetryReason;
      readonly detail: string;
      /** The wait that Twilio or the circuit breaker asks for. */
      readonly retryAfterMs?: number | undefined;
      /** Whether the Task is in wrap-up or finished, so that little time is left. */
      readonly finishing?: boolean;
    }
  | { readonly outcome: 'rejected'; readonly reason: RejectReason; readonly detail: string };

/** A Task, and the facts of a change about its ticket on this Task. */
export interface Target {
  readonly taskSid: string;
  readonly ticket: KnownTicket;
  /** The Task's status, if a search returned it. */
  readonly status?: TaskStatus | undefined;
}

/** The Tasks of a change, or its outcome if it has none. */
export type TargetsOrOutcome =
  | {
      readonly targets: readonly Target[];
      /** Set if a later change of the same batch decides where the ticket belongs. */
      readonly superseded?: true;
    }
  | { readonly outcome: Outcome };

export type TargetsByDelivery = ReadonlyMap<ChangeDelivery, TargetsOrOutcome>;

/** All work of a batch for one Task. */
export interface TaskPlan {
  readonly taskSid: string;
  /** The facts of each change about its ticket on this Task. */
  readonly changes: ReadonlyMap<Delivery, KnownTicket>;
  readonly reconciles: readonly ReconcileDelivery[];
  /** Whether the Task is in wrap-up or finished. Undefined if that is not known. */
  readonly finishing: boolean | undefined;
}

/** The state of a Task's update while it runs. */
export interface UpdateProgress extends CallCounter {
  conflicts: number;
  /** Whether the Task is in wrap-up or finished, if that is known. */
  finishing: boolean;
}

/** The result of a write. */
export type Written = Pick<Rewrite, 'budget' | 'linked' | 'removed'>;

/** The update of one Task. All deliveries for this Task share it. */
export interface TaskUpdate extends Pick<TaskPlan, 'taskSid' | 'changes'> {
  /** The outcome of each delivery at this Task. */
  readonly outcomes: ReadonlyMap<Delivery, Outcome>;
  readonly progress: Readonly<UpdateProgress>;
  /** The changes of the write, and the data that it left out to stay within the limit. Set if a write was made. */
  readonly written?: Written;
  /** The tickets to confirm. Set if a write was made, or an earlier try may have made one. */
  readonly tickets?: readonly KnownTicket[];
  /** How many confirmations in a row had to repair the Task, with one in this update. */
  readonly repairStreak: number;
  /** Segments whose list starts with a `Raw` link, which hides our links. */
  readonly hidden: readonly string[];
}

/** A message to send later. */
export interface FollowUp {
  readonly message: Message;
  readonly delaySeconds: number;
}

/** The first confirmation of a write, or the first recheck of a change. */
export interface FirstFollowUp extends FollowUp {
  /** The records that it follows. If SQS delivers one of them again, this message is created again. */
  readonly madeFrom: readonly BatchRecord[];
}

/** What happens to a record. */
export type Disposition =
  | { readonly action: 'acknowledge' }
  /** A copy with fresh tries is sent to the queue, or the message that follows it; this one is deleted. */
  | { readonly action: 'requeue'; readonly delaySeconds: number; readonly message?: Message }
  /** A copy that counts this try is sent to the queue; this one is deleted. */
  | { readonly action: 'retry-later'; readonly delaySeconds: number }
  | { readonly action: 'dead-letter'; readonly reason: DeadLetterReason; readonly detail: string };

/** The outcome of a record, and what happens to it. */
export interface Result {
  readonly outcome: Outcome;
  readonly disposition: Disposition;
}

/** Records that were tried together, after their dispositions. */
export interface BatchResult {
  readonly results: ReadonlyMap<BatchRecord, Result>;
  readonly updates: readonly TaskUpdate[];
  /** The records that SQS keeps and delivers again. */
  readonly keptInQueue: ReadonlySet<BatchRecord>;
  /** How many requests the search needed. */
  readonly searchCalls: number;
}

/** How much time of an invocation is left. */
export interface Deadline {
  /** Whether too little time is left to start another request to Twilio. */
  isNear(): boolean;
  /** Aborts when some work is late. It is for the requests of that work, which would go on after our response. */
  readonly signal: AbortSignal;
  /** The result of the work, or `late` if the work is not done when we must respond to SQS. */
  within<Result, Late>(work: Promise<Result>, late: Late): Promise<Result | Late>;
}
