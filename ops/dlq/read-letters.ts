import { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../aws/queue-depth.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { collectLetters } from './collect-letters.ts';
import type { DeadLetter } from './dead-letter.ts';
import { onWalk } from './open-walk.ts';
import { countUnseen } from './unseen.ts';

/** What was found among the dead letters; all of it is given back. */
export interface Found {
  readonly letters: readonly DeadLetter[];
  /** How many are there that were not seen, as they were in the hands of others. */
  readonly hidden: number;
  /** How many more the queue tells of, that SQS did not hand over. */
  readonly missing: number;
}

/**
 * All dead letters that are wanted, with its progress told.
 * @throws Failure where AWS does not answer
 */
export const readLetters = (
  { aws, deadLetterQueueUrl }: Pick<Deployment, 'aws' | 'deadLetterQueueUrl'>,
  wants: (letter: DeadLetter) => boolean,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<Found> => {
  const sqs = new SQSClient(aws.sqs);
  return onWalk(sqs, deadLetterQueueUrl, async (walk, before) => {
    const progress = context.progress({ what: 'Reading', total: before.visible });
    try {
      const letters = await collectLetters(walk, wants, () => stop.aborted, progress.update);
      const unseen = countUnseen(walk, before, await queueDepth(sqs, deadLetterQueueUrl));
      const hidden = stop.aborted ? before.hidden : Math.min(before.hidden, unseen);
      return { letters, hidden, missing: Math.max(0, unseen - hidden) };
    } finally {
      progress.end();
    }
  });
};
