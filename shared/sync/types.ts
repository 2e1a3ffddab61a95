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

/** A record of the queue and its message: the same object from the SQS event to its disposition. */
export interface Delivery<M extends Message | undefined = Message> {
  readonly record: SQSRecord;
  readonly message: M;
  /** How often SQS has delivered the message, this time and its earlier copies included. */
  readonly tries: number;
  /** When SQS delivered it for the first time, milliseconds since 1970. */
  readonly firstTriedAt: number;
  /** When it was sent; of copies for a retry, the first one. Milliseconds since 1970. */
  readonly sentAt: number;
  /** How many tries in a row have left no outcome: the function crashed, timed out or did not start. */
  readonly unfinishedTries: number;
}

export type ChangeDelivery = Delivery<TicketChangeMessage>;

export type ReconcileDelivery = Delivery<ReconcileMessage>;

/** A record whose message is not valid. */
export interface InvalidRecord extends Delivery<undefined> {
  /** Which fields are wrong, and how, without their values. */
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

/** Why a message can never be applied as it is. */
type RejectReason = RejectionReason | 'twilio-bad-request' | 'invalid-message';

/** Why a message is in the dead-letter queue. */
export type DeadLetterReason = RejectReason | Exclude<RetryReason, 'conflict' | 'deadline'>;

/** The result of one try of one message. A `detail` holds no values of the message or the Task. */
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
      /** No search was made while a Task of the time of the change was sure to exist: it may have been lost. */
      readonly late?: true;
    }
  | {
      readonly outcome: 'retry';
      readonly reason: RetryReason;
      readonly detail: string;
      /** The wait that Twilio or the circuit breaker asks for. */
      readonly retryAfterMs?: number | undefined;
      /** The Task is in wrap-up or finished: there is little time left. */
      readonly finishing?: boolean;
    }
  | { readonly outcome: 'rejected'; readonly reason: RejectReason; readonly detail: string };

/** A Task, and what a change says of its ticket there. */
export interface Target {
  readonly taskSid: string;
  readonly ticket: KnownTicket;
  /** The Task's status, if a search returned it. */
  readonly status?: TaskStatus | undefined;
}

/** The Tasks that a change is for, or its outcome if it is for none. */
export type TargetsOrOutcome =
  | {
      readonly targets: readonly Target[];
      /** A later change of the same batch decides where the ticket is. */
      readonly superseded?: true;
    }
  | { readonly outcome: Outcome };

export type TargetsByDelivery = ReadonlyMap<ChangeDelivery, TargetsOrOutcome>;

/** Everything that a batch wants of one Task. */
export interface TaskPlan {
  readonly taskSid: string;
  /** What each change says of its ticket on this Task. */
  readonly changes: ReadonlyMap<Delivery, KnownTicket>;
  readonly reconciles: readonly ReconcileDelivery[];
  /** Whether the Task is in wrap-up or finished; undefined if that is not known. */
  readonly finishing: boolean | undefined;
}

/** How the update of one Task goes; kept current while it runs. */
export interface UpdateProgress extends CallCounter {
  conflicts: number;
  /** Whether the Task is in wrap-up or finished, as far as that is known. */
  finishing: boolean;
}

/** What a write did. */
export type Written = Pick<Rewrite, 'budget' | 'linked' | 'removed'>;

/** The update of one Task, shared by all the deliveries that it was for. */
export interface TaskUpdate extends Pick<TaskPlan, 'taskSid' | 'changes'> {
  /** The outcome of each delivery at this Task. */
  readonly outcomes: ReadonlyMap<Delivery, Outcome>;
  readonly progress: Readonly<UpdateProgress>;
  /** What the write changed, and left out to stay within the limit; set if something was written. */
  readonly written?: Written;
  /** What has to be confirmed: set if something was written, or may have been by an earlier try. */
  readonly tickets?: readonly KnownTicket[];
  /** How many confirmations in a row have had to repair the Task, one in this update included. */
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
  /** The records that it follows: to deliver one of them again makes it again. */
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
  /** Requests that the search took. */
  readonly searchCalls: number;
}

/** How much of an invocation is left. */
export interface Deadline {
  /** Whether too little time is left to begin another request to Twilio. */
  isNear(): boolean;
  /** Aborts once some work is late: for the requests of that work, which would go on after our answer. */
  readonly signal: AbortSignal;
  /** The result of the work, or `late` if it is not done by the time we have to answer SQS. */
  within<Result, Late>(work: Promise<Result>, late: Late): Promise<Result | Late>;
}
