import { EventSourceMapping } from '@pulumi/aws/lambda/eventSourceMapping.js';
import { FunctionRecursionConfig } from '@pulumi/aws/lambda/functionRecursionConfig.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';
import { visibilityTimeoutSeconds } from '../../shared/config/limits.ts';
import type { NodeFunction } from './node-function.ts';
import type { RedrivableQueue } from './redrivable-queue.ts';

interface QueueWorkerArgs {
  readonly queue: RedrivableQueue;
  /** The function that takes the messages. It may consume the queue, and send to it. */
  readonly worker: NodeFunction;
  /** How many messages it takes at once, and how long SQS waits for that many. */
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  /** How many instances work on the queue at once, 2 to 1000. */
  readonly maximumConcurrency: number;
}

/** Has a function consume a queue, answering for each message of a batch by itself. */
export class QueueWorker extends ComponentResource {
  constructor(name: string, args: QueueWorkerArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:QueueWorker', name, {}, options);
    const { queue, worker, maximumConcurrency } = args;

    if (queue.visibilityTimeoutSeconds < visibilityTimeoutSeconds(worker.timeoutSeconds)) {
      throw new Error(
        `${name}: the queue hides a message for ${queue.visibilityTimeoutSeconds} s, too short for a function with a timeout of ${worker.timeoutSeconds} s: give both the same timeout`,
      );
    }

    // The worker sends a message again when it is too early for it. Lambda takes that for a loop and
    // ends it at the 16th time, unless told that it is meant; ours ends with the Task.
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    const recursion = new FunctionRecursionConfig(
      `${name}-recursion`,
      { functionName: worker.name, recursiveLoop: 'Allow' },
      { parent: this },
    );

    new EventSourceMapping(
      `${name}-mapping`,
      {
        eventSourceArn: queue.arn,
        functionName: worker.arn,
        functionResponseTypes: ['ReportBatchItemFailures'],
        batchSize: args.batchSize,
        maximumBatchingWindowInSeconds: args.batchWindowSeconds,
        scalingConfig: { maximumConcurrency },
      },
      { parent: this, dependsOn: [recursion] },
    );

    this.registerOutputs({});
  }
}
