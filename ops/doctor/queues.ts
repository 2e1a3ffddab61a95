import { SQSClient } from '@aws-sdk/client-sqs';
import { type QueueDepth, queueDepth } from '../aws/queue-depth.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsErrorName, awsErrorResult } from './aws/aws-verdict.ts';
import { failed, ok, type Observation, type CheckResult } from './finding.ts';

export interface QueueOptions {
  /** Options that name the deployment in a command of ours, e.g. `--stack prod`. */
  readonly deploymentOption: string;
  /** What makes a queue that is not there. */
  readonly createHint: string;
}

const depthText = ({ visible, inFlight, delayed }: QueueDepth): string =>
  `${visible} to be taken, ${inFlight} being worked on, ${delayed} held back`;

const deadLetterResult = ({ visible, inFlight, delayed }: QueueDepth, description: string, next: string): CheckResult => {
  const count = visible + inFlight + delayed;
  return count === 0 ? ok('none') : failed(`${count} ${description}`, next);
};

/** How much is in the queues, about: SQS counts by and by. How old it is, `backlog` tells. */
export const checkQueues = (
  { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl, aws }: Deployment,
  { deploymentOption, createHint }: QueueOptions,
): Promise<readonly Observation[]> => {
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  const checkQueue = async (
    about: string,
    url: string,
    evaluate: (depth: QueueDepth) => CheckResult,
  ): Promise<Observation> => {
    try {
      return { about, ...evaluate(await queueDepth(sqs, url)) };
    } catch (error) {
      if (awsErrorName(error).includes('DoesNotExist')) {
        return { about, ...failed('there is no such queue', createHint) };
      }
      return { about, ...awsErrorResult(error, 'sqs:GetQueueAttributes') };
    }
  };
  return Promise.all([
    checkQueue('changes', queueUrl, (depth) => ok(depthText(depth))),
    checkQueue('dead letters', deadLetterQueueUrl, (depth) =>
      deadLetterResult(
        depth,
        'given up: their tickets are not on their conversations',
        `See why, then replay: npm run ops -- dlq list ${deploymentOption}`,
      ),
    ),
    checkQueue('dead events', eventDeadLetterQueueUrl, (depth) =>
      deadLetterResult(
        depth,
        'of EventBridge could not be taken in',
        'See docs/runbook.md#dead-events. They are kept for 14 days.',
      ),
    ),
  ]);
};
