import type { Message } from '../../shared/message/message.ts';

/** The Task that a message of this door is about. */
export const taskSidOf = (message: Message): string =>
  message.kind === 'settle' ? message.taskSid : (message.correlation.taskSid ?? '');

const keyOf = (message: Message): string =>
  message.kind === 'settle' ? taskSidOf(message) : `${message.ticket} ${taskSidOf(message)}`;

/** Of two messages for one thing: the link of the higher version, the settle of a Task that ends. */
const isPreferred = (one: Message, other: Message): boolean =>
  one.kind === 'settle' || other.kind === 'settle'
    ? one.kind === 'settle' && one.finishing === true
    : BigInt(one.version) > BigInt(other.version);

/** Several events of one Task in a request come to one settle, or none beside a link. */
export const deduplicate = (messages: readonly Message[]): readonly Message[] => {
  const linked = new Set(messages.filter(({ kind }) => kind === 'ticket-change').map(taskSidOf));
  const best = new Map<string, Message>();
  for (const message of messages) {
    if (message.kind === 'settle' && linked.has(taskSidOf(message))) continue;
    const known = best.get(keyOf(message));
    if (known === undefined || isPreferred(message, known)) best.set(keyOf(message), message);
  }
  return [...best.values()];
};
