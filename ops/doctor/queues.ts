import { SQSClient } from '@aws-sdk/client-sqs';
import { type Depth, queueDepth } from '../aws/queue-depth.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { awsClientOptions } from './aws/aws-client-options.ts';
import { awsErrorName, awsVerdict } from './aws/aws-verdict.ts';
import { bad, ok, type Told, type Verdict } from './finding.ts';

export interface QueueOptions {
  /** Options that name the deployment in a command of ours, e.g. `--stack prod`. */
  readonly deploymentOption: string;
  /** What makes a queue that is not there. */
  readonly makeIt: string;
}

const depthText = ({ visible, hidden, delayed }: Depth): string =>
  `${visible} to be taken, ${hidden} being worked on, ${delayed} held back`;

const dead = ({ visible, hidden, delayed }: Depth, what: string, next: string): Verdict => {
  const count = visible + hidden + delayed;
  return count === 0 ? ok('none') : bad(`${count} ${what}`, next);
};

/** How much is in the queues, about: SQS counts by and by. How old it is, `backlog` tells. */
export const queues = (
  { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl, aws }: Deployment,
  { deploymentOption, makeIt }: QueueOptions,
): Promise<readonly Told[]> => {
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  const look = async (
    about: string,
    url: string,
    judge: (depth: Depth) => Verdict,
  ): Promise<Told> => {
    try {
      return { about, ...judge(await queueDepth(sqs, url)) };
    } catch (error) {
      if (awsErrorName(error).includes('DoesNotExist')) {
        return { about, ...bad('there is no such queue', makeIt) };
      }
      return { about, ...awsVerdict(error, 'sqs:GetQueueAttributes') };
    }
  };
  return Promise.all([
    look('changes', queueUrl, (depth) => ok(depthText(depth))),
    look('dead letters', deadLetterQueueUrl, (depth) =>
      dead(
        depth,
        'given up: their tickets are not on their conversations',
        `See why, then replay: npm run ops -- dlq list ${deploymentOption}`,
      ),
    ),
    look('dead events', eventDeadLetterQueueUrl, (depth) =>
      dead(
        depth,
        'of EventBridge could not be taken in',
        'See docs/runbook.md#dead-events. They are kept for 14 days.',
      ),
    ),
  ]);
};
