import type { Handled } from '../handled.ts';
import type { SyncOptions } from '../sync-options.ts';
import { deadLetter } from './dead-letter.ts';
import { freshCopy } from './fresh-copy.ts';
import { giveBack } from './give-back.ts';
import { type Message, sendMessages } from './send-messages.ts';

interface Outgoing {
  readonly handled: Handled;
  readonly message: Message;
}

/**
 * Does with each record what was decided for it. Never rejects.
 * @returns The records that stay in the queue: those given back, and those whose copy or dead letter
 * SQS did not take, for a record may only go when something else holds its message.
 */
export const carryOut = async (
  options: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl' | 'logger'>,
  batch: readonly Handled[],
  now: number,
): Promise<ReadonlySet<Handled>> => {
  const copies: Outgoing[] = [];
  const letters: Outgoing[] = [];
  const back: { record: Handled['record']; visibilitySeconds: number }[] = [];
  const staying = new Set<Handled>();
  for (const handled of batch) {
    const { record, fate } = handled;
    if (fate.fate === 'send-again') {
      copies.push({ handled, message: freshCopy(handled, fate.delaySeconds) });
    } else if (fate.fate === 'dead-letter') {
      letters.push({ handled, message: deadLetter(handled, fate, now) });
    } else if (fate.fate === 'give-back') {
      back.push({ record, visibilitySeconds: fate.visibilitySeconds });
      staying.add(handled);
    }
  }
  const send = async (queueUrl: string, outgoing: readonly Outgoing[]): Promise<void> => {
    const messages = outgoing.map(({ message }) => message);
    const sent = await sendMessages(options, queueUrl, messages);
    outgoing.forEach(({ handled }, index) => {
      if (sent[index] !== true) staying.add(handled);
    });
  };
  await Promise.all([
    send(options.queueUrl, copies),
    send(options.deadLetterQueueUrl, letters),
    giveBack(options, back),
  ]);
  return staying;
};
