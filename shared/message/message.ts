import * as z from 'zod';
import { Reconcile } from './settle.ts';
import { sourceOf, TicketChange } from './ticket-change.ts';

/** What travels the queue. */
export const Message = z.discriminatedUnion('kind', [TicketChange, Reconcile]);
export type Message = z.infer<typeof Message>;

/** The group of messages that are about a Task and no ticket. No source can have this name. */
const taskGroupId = 'Tasks';

/**
 * What makes a standard queue fair: one group's flood does not hold up the others. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export const messageGroupId = (message: Message): string =>
  message.kind === 'settle' ? taskGroupId : sourceOf(message.ticket);
