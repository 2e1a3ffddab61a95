import { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../aws/queue-depth.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { collectDeadLetters } from './collect-letters.ts';
import type { DeadLetter } from './dead-letter.ts';
import { withScan } from './open-walk.ts';
import { countNotReceived } from './unseen.ts';

/** What was found among the dead letters; all of it is given back. */
export interface ReadResult {
  readonly deadLetters: readonly DeadLetter[];
  /** How many are there that were not seen, as they were in the hands of others. */
  readonly inFlight: number;
  /** How many more the queue tells of, that SQS did not hand over. */
  readonly notReturned: number;
}

/**
 * All dead letters that are wanted, with its progress told.
 * @throws Failure where AWS does not answer
 */
export const readDeadLetters = (
  { aws, deadLetterQueueUrl }: Pick<Deployment, 'aws' | 'deadLetterQueueUrl'>,
  matches: (deadLetter: DeadLetter) => boolean,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<ReadResult> => {
  const sqs = new SQSClient(aws.sqs);
  return withScan(sqs, deadLetterQueueUrl, async (scan, before) => {
    const progress = context.progress({ label: 'Reading', total: before.visible });
    try {
      const deadLetters = await collectDeadLetters(scan, matches, () => stop.aborted, progress.update);
      const notReceived = countNotReceived(scan, before, await queueDepth(sqs, deadLetterQueueUrl));
      const inFlight = stop.aborted ? before.inFlight : Math.min(before.inFlight, notReceived);
      return { deadLetters, inFlight, notReturned: Math.max(0, notReceived - inFlight) };
    } finally {
      progress.end();
    }
  });
};
