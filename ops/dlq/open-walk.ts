import type { SQSClient } from '@aws-sdk/client-sqs';
import { awsProblem } from '../aws/aws-problem.ts';
import { depthOf, type Walk, walkLetters } from './letters.ts';

const held = 'What was received comes back by itself within a minute.';

/**
 * Walks through the dead letters and gives them back in the end, however it ends.
 * @param about how many there are; work stops early where it is aborted
 * @throws Failure where AWS does not answer
 */
export const onWalk = async <Result>(
  sqs: SQSClient,
  deadLetterQueueUrl: string,
  work: (
    walk: Walk,
    about: { readonly visible: number; readonly hidden: number },
  ) => Promise<Result>,
): Promise<Result> => {
  const walk = walkLetters(sqs, deadLetterQueueUrl);
  try {
    return await work(walk, await depthOf(sqs, deadLetterQueueUrl));
  } catch (error) {
    throw awsProblem(error, 'Working on the dead letters', held);
  } finally {
    await walk.close();
  }
};
