import type { SQSClient } from '@aws-sdk/client-sqs';
import { awsProblem } from '../aws/aws-problem.ts';
import { type Depth, queueDepth } from '../aws/queue-depth.ts';
import { hiddenSeconds, type Walk, walkLetters } from './letters.ts';

const held = 'What was received comes back by itself within a minute.';

/**
 * Walks through the dead letters, keeps those that are met hidden and gives them back in the end, however it
 * ends.
 * @param about how many there are before it begins
 * @param hiddenFor for how many seconds at a time letters are hidden
 * @throws Failure where AWS does not answer
 */
export const onWalk = async <Result>(
  sqs: SQSClient,
  deadLetterQueueUrl: string,
  work: (walk: Walk, about: Depth) => Promise<Result>,
  hiddenFor = hiddenSeconds,
): Promise<Result> => {
  const walk = walkLetters(sqs, deadLetterQueueUrl, hiddenFor);
  const renewing = setInterval(() => void walk.renew(), (hiddenFor * 1000) / 4);
  try {
    return await work(walk, await queueDepth(sqs, deadLetterQueueUrl));
  } catch (error) {
    throw awsProblem(error, 'Working on the dead letters', held);
  } finally {
    clearInterval(renewing);
    await walk.close();
  }
};
