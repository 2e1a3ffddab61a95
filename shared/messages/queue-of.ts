import type { QueueName } from '../config/limits.ts';
import { criteriaFor } from '../taskrouter/criteria.ts';
import { isConfirmation, type Message } from './message.ts';

/**
 * The queue that a message goes to. Nothing may hold up a change or a reconcile whose Task is known. The others can
 * wait for a second: a search serves many changes, and a confirmation or a recheck has waited for longer already.
 *
 * | queue     | messages                                                                            |
 * | --------- | ----------------------------------------------------------------------------------- |
 * | `changes` | changes that the SID of a Task alone is enough for; reconciles; what is not valid   |
 * | `lookups` | changes that need a search, rechecks among them; confirmations                      |
 */
export function queueOf(message: Message | undefined): QueueName {
  if (message === undefined) return 'changes';
  if (message.kind === 'reconcile') return isConfirmation(message) ? 'lookups' : 'changes';
  return criteriaFor(message.change).length === 0 ? 'changes' : 'lookups';
}
