import * as z from 'zod';
import { Settle } from './settle.ts';
import { sourceOf, TicketChange } from './ticket-change.ts';

/** What travels the queue. */
export const Message = z.discriminatedUnion('kind', [TicketChange, Settle]);
export type Message = z.infer<typeof Message>;

/** The group of messages that are about a Task and no ticket. No source can have this name. */
const taskGroup = 'Tasks';

/**
 * What makes a standard queue fair: one group's flood does not hold up the others. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export const groupOf = (message: Message): string =>
  message.kind === 'settle' ? taskGroup : sourceOf(message.ticket);
