import { groupOf } from '../../../shared/message/message.ts';
import type { Handled } from '../handled.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { Later } from './confirmation.ts';
import { deadLetter } from './dead-letter.ts';
import { freshCopy } from './fresh-copy.ts';
import { giveBack } from './give-back.ts';
import { type Message, sendMessages } from './send-messages.ts';

interface Outgoing {
  readonly handled: Handled;
  readonly message: Message;
}

const outgoing = ({ message, delaySeconds }: Later): Message => ({
  MessageBody: JSON.stringify(message),
  DelaySeconds: delaySeconds,
  MessageGroupId: groupOf(message),
});

/**
 * Does with each record what was decided for it, and sends what is to come later. Never rejects. What
 * SQS does not take of the latter is logged: what it was to guard has been done.
 * @returns The records that stay in the queue: those given back, and those whose copy or dead letter
 * SQS did not take, for a record may only go when something else holds its message.
 */
export const carryOut = async (
  options: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl' | 'logger'>,
  batch: readonly Handled[],
  later: readonly Later[],
  now: number,
): Promise<ReadonlySet<Handled>> => {
  const copies: Outgoing[] = [];
  const letters: Outgoing[] = [];
  const back: { record: Handled['record']; visibilitySeconds: number }[] = [];
  const staying = new Set<Handled>();
  for (const handled of batch) {
    const { record, fate } = handled;
    if (fate.fate === 'send-again') {
      const { message: later, delaySeconds } = fate;
      const message =
        later === undefined
          ? freshCopy(handled, delaySeconds)
          : outgoing({ message: later, delaySeconds });
      copies.push({ handled, message });
    } else if (fate.fate === 'dead-letter') {
      letters.push({ handled, message: deadLetter(handled, fate, now) });
    } else if (fate.fate === 'give-back') {
      back.push({ record, visibilitySeconds: fate.visibilitySeconds });
      staying.add(handled);
    }
  }
  const send = async (queueUrl: string, leaving: readonly Outgoing[]): Promise<void> => {
    const messages = leaving.map(({ message }) => message);
    const sent = await sendMessages(options, queueUrl, messages);
    leaving.forEach(({ handled }, index) => {
      if (sent[index] !== true) staying.add(handled);
    });
  };
  await Promise.all([
    send(options.queueUrl, copies),
    send(options.deadLetterQueueUrl, letters),
    sendMessages(options, options.queueUrl, later.map(outgoing)),
    giveBack(options, back),
  ]);
  return staying;
};
