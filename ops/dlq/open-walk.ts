import type { SQSClient } from '@aws-sdk/client-sqs';
import { toAwsFailure } from '../aws/aws-problem.ts';
import { type QueueDepth, queueDepth } from '../aws/queue-depth.ts';
import { scanVisibilitySeconds, type Scan, createScan } from './letters.ts';

const visibleAgainNote = 'What was received comes back by itself within a minute.';

/**
 * Walks through the dead letters, keeps those that are met hidden and gives them back in the end, however it
 * ends.
 * @param about how many there are before it begins
 * @param visibilitySeconds for how many seconds at a time letters are hidden
 * @throws Failure where AWS does not answer
 */
export const withScan = async <Result>(
  sqs: SQSClient,
  deadLetterQueueUrl: string,
  work: (scan: Scan, depth: QueueDepth) => Promise<Result>,
  visibilitySeconds = scanVisibilitySeconds,
): Promise<Result> => {
  const scan = createScan(sqs, deadLetterQueueUrl, visibilitySeconds);
  const timer = setInterval(() => void scan.extendVisibility(), (visibilitySeconds * 1000) / 4);
  try {
    return await work(scan, await queueDepth(sqs, deadLetterQueueUrl));
  } catch (error) {
    throw toAwsFailure(error, 'Working on the dead letters', visibleAgainNote);
  } finally {
    clearInterval(timer);
    await scan.close();
  }
};
