import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { collectLetters } from './collect-letters.ts';
import type { DeadLetter } from './dead-letter.ts';
import { onWalk } from './open-walk.ts';

/** What was found among the dead letters; all of it is given back. */
export interface Found {
  readonly letters: readonly DeadLetter[];
  /** How many were in the hands of others before we looked. */
  readonly hidden: number;
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
): Promise<Found> =>
  onWalk(new SQSClient(aws.sqs), deadLetterQueueUrl, async (walk, { visible, hidden }) => {
    const progress = context.progress({ what: 'Reading', total: visible });
    try {
      const isStopped = () => stop.aborted;
      return { letters: await collectLetters(walk, wants, isStopped, progress.update), hidden };
    } finally {
      progress.end();
    }
  });
