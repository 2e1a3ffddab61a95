import { EventSourceMapping } from '@pulumi/aws/lambda/eventSourceMapping.js';
import { FunctionRecursionConfig } from '@pulumi/aws/lambda/functionRecursionConfig.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';
import { visibilityTimeoutSeconds } from '../../shared/config/limits.ts';
import type { NodeFunction } from './node-function.ts';
import type { RedrivableQueue } from './redrivable-queue.ts';

interface QueueWorkerArgs {
  queue: RedrivableQueue;
  /** The function that consumes the queue. Its role must allow that, and sending to the queue. */
  worker: NodeFunction;
  /** Messages per invocation. */
  batchSize: number;
  /** How long Lambda waits for a full batch. */
  batchWindowSeconds: number;
  /** Maximum concurrent invocations, 2 to 1000. */
  maximumConcurrency: number;
}

/** Lambda's event source mapping from a queue to a function, with partial batch responses. */
export class QueueWorker extends ComponentResource {
  constructor(name: string, args: QueueWorkerArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:QueueWorker', name, {}, options);
    const { queue, worker, maximumConcurrency } = args;

    if (queue.visibilityTimeoutSeconds < visibilityTimeoutSeconds(worker.timeoutSeconds)) {
      throw new Error(
        `${name}: the visibility timeout of the queue is ${queue.visibilityTimeoutSeconds} s, too short for a function with a timeout of ${worker.timeoutSeconds} s. Give both the same timeout.`,
      );
    }

    // sync sends a message again if it is too early for it. Lambda would detect a recursive loop and stop it
    // after 16 invocations. Our loop ends with the Task.
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
        functionName: worker.aliasArn,
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
