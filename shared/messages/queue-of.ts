import type { QueueName } from '../config/limits.ts';
import { criteriaFor } from '../taskrouter/criteria.ts';
import { isConfirmation, type Message } from './message.ts';

/**
 * The queue that a message goes to. Nothing may hold up a change or a reconcile whose Task is known. What needs a
 * search can wait for a second: a search serves many changes.
 *
 * | queue     | messages                                                                          |
 * | --------- | --------------------------------------------------------------------------------- |
 * | `changes` | changes that the SID of a Task alone is enough for; reconciles; what is not valid |
 * | `lookups` | changes that need a search, rechecks among them                                   |
 * | either    | confirmations                                                                     |
 * @param either where a confirmation goes
 */
export function queueOf(message: Message | undefined, either: QueueName = 'lookups'): QueueName {
  if (message === undefined) return 'changes';
  if (message.kind === 'reconcile') return isConfirmation(message) ? either : 'changes';
  return criteriaFor(message.change).length === 0 ? 'changes' : 'lookups';
}
