import { messageGroupId } from '../../../shared/message/message.ts';
import type { Handled } from '../handled.ts';
import type { SyncOptions } from '../sync-options.ts';
import type { FollowUp } from './confirmation.ts';
import { toDeadLetter } from './dead-letter.ts';
import { toRequeued } from './fresh-copy.ts';
import { changeVisibility } from './give-back.ts';
import { type SqsMessage, sendMessages } from './send-messages.ts';

interface Outgoing {
  readonly handled: Handled;
  readonly message: SqsMessage;
}

const toSqsMessage = ({ message, delaySeconds }: FollowUp): SqsMessage => ({
  MessageBody: JSON.stringify(message),
  DelaySeconds: delaySeconds,
  MessageGroupId: messageGroupId(message),
});

/**
 * Does with each record what was decided for it, and sends what is to come later. Never rejects. What
 * SQS does not take of the latter is logged: what it was to guard has been done.
 * @returns The records that stay in the queue: those given back, and those whose copy or dead letter
 * SQS did not take, for a record may only go when something else holds its message.
 */
export const dispose = async (
  options: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl' | 'logger'>,
  batch: readonly Handled[],
  followUps: readonly FollowUp[],
  now: number,
): Promise<ReadonlySet<Handled>> => {
  const requeued: Outgoing[] = [];
  const deadLetters: Outgoing[] = [];
  const retriedLater: { record: Handled['record']; visibilitySeconds: number }[] = [];
  const keptInQueue = new Set<Handled>();
  for (const handled of batch) {
    const { record, disposition: fate } = handled;
    if (fate.action === 'send-again') {
      const { message: followUps, delaySeconds } = fate;
      const message =
        followUps === undefined
          ? toRequeued(handled, delaySeconds)
          : toSqsMessage({ message: followUps, delaySeconds });
      requeued.push({ handled, message });
    } else if (fate.action === 'dead-letter') {
      deadLetters.push({ handled, message: toDeadLetter(handled, fate, now) });
    } else if (fate.action === 'give-back') {
      retriedLater.push({ record, visibilitySeconds: fate.visibilitySeconds });
      keptInQueue.add(handled);
    }
  }
  const send = async (queueUrl: string, outgoing: readonly Outgoing[]): Promise<void> => {
    const messages = outgoing.map(({ message }) => message);
    const sent = await sendMessages(options, queueUrl, messages);
    outgoing.forEach(({ handled }, index) => {
      if (sent[index] !== true) keptInQueue.add(handled);
    });
  };
  await Promise.all([
    send(options.queueUrl, requeued),
    send(options.deadLetterQueueUrl, deadLetters),
    sendMessages(options, options.queueUrl, followUps.map(toSqsMessage)),
    changeVisibility(options, retriedLater),
  ]);
  return keptInQueue;
};
