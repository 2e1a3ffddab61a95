import type { Message } from '../../shared/message/message.ts';
import type { Outcome } from './apply/outcome.ts';
import type { TaskUpdate } from './apply/visit-task.ts';
import type { Received } from './delivery.ts';
import type { Disposition } from './fate/triage.ts';

/** A record with what it came to and what becomes of it. */
export interface Handled extends Received {
  /** Missing where the message could not be read. */
  readonly message?: Message;
  readonly outcome: Outcome;
  /** The Tasks it went to. */
  readonly updates: readonly TaskUpdate[];
  readonly disposition: Disposition;
}
