import { EventSourceMapping } from '@pulumi/aws/lambda/eventSourceMapping.js';
import { FunctionRecursionConfig } from '@pulumi/aws/lambda/functionRecursionConfig.js';
import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import { RedriveAllowPolicy } from '@pulumi/aws/sqs/redriveAllowPolicy.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  jsonStringify,
  type Output,
} from '@pulumi/pulumi';
import {
  batchSize,
  deadLetterRetentionSeconds,
  eventSources,
  maxReceiveCount,
  type QueueName,
  queueNames,
  queueRetentionSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/limits.ts';
import { denyPlainHttp, type EncryptedResource } from '../policies/permissions.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { NodeFunction } from './node-function.ts';

interface SyncQueuesArgs {
  /** Prefix of the names of the queues. */
  prefix: string;
  key: EncryptionKey;
  /** Timeout of the function that consumes the queues, in seconds. */
  consumerTimeoutSeconds: number;
  /** Whether `pulumi destroy` keeps the dead-letter queue. */
  keepDeadLetters: boolean;
}

/** One of the queues, with the values that its senders and consumers need. */
export interface SyncQueue extends EncryptedResource {
  arn: Output<string>;
  name: Output<string>;
  url: Output<string>;
}

/**
 * The standard queues of sync, and one dead-letter queue for both. All are encrypted and deny plain HTTP. The
 * redrive allow policy lets no other queue use the dead-letter queue.
 */
export class SyncQueues
  extends ComponentResource
  implements Readonly<Record<QueueName, SyncQueue>>
{
  readonly changes: SyncQueue;
  readonly lookups: SyncQueue;
  readonly deadLetters: SyncQueue;
  /** How long SQS hides a received message. */
  readonly visibilityTimeoutSeconds: number;

  constructor(name: string, args: SyncQueuesArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:SyncQueues', name, {}, options);
    const { key, prefix, keepDeadLetters } = args;

    const deadLetters = new Queue(
      `${prefix}-dead-letters`,
      { messageRetentionSeconds: deadLetterRetentionSeconds, kmsMasterKeyId: key.arn },
      { parent: this, retainOnDelete: keepDeadLetters },
    );

    this.visibilityTimeoutSeconds = visibilityTimeoutSeconds(args.consumerTimeoutSeconds);
    const createQueue = (queueName: QueueName): Queue =>
      new Queue(
        `${prefix}-${queueName}`,
        {
          visibilityTimeoutSeconds: this.visibilityTimeoutSeconds,
          messageRetentionSeconds: queueRetentionSeconds,
          kmsMasterKeyId: key.arn,
          redrivePolicy: jsonStringify({
            deadLetterTargetArn: deadLetters.arn,
            maxReceiveCount: maxReceiveCount(this.visibilityTimeoutSeconds),
          }),
        },
        { parent: this },
      );
    const queues = { changes: createQueue('changes'), lookups: createQueue('lookups') };

    new RedriveAllowPolicy(
      `${prefix}-redrive`,
      {
        queueUrl: deadLetters.url,
        redriveAllowPolicy: jsonStringify({
          redrivePermission: 'byQueue',
          sourceQueueArns: Object.values(queues).map(({ arn }) => arn),
        }),
      },
      { parent: this },
    );

    for (const [queueName, queue] of Object.entries(queues)) {
      this.requireTls(`${prefix}-${queueName}-tls-only`, queue);
    }
    this.requireTls(`${prefix}-dead-letters-tls-only`, deadLetters, keepDeadLetters);

    const toSyncQueue = ({ arn, name, url }: Queue): SyncQueue => ({
      arn,
      name,
      url,
      keyArn: key.arn,
    });
    this.changes = toSyncQueue(queues.changes);
    this.lookups = toSyncQueue(queues.lookups);
    this.deadLetters = toSyncQueue(deadLetters);
    this.registerOutputs({});
  }

  private requireTls(name: string, queue: Queue, keep = false): void {
    new QueuePolicy(
      name,
      {
        queueUrl: queue.url,
        policy: jsonStringify({ Version: '2012-10-17', Statement: [denyPlainHttp(queue.arn)] }),
      },
      { parent: this, retainOnDelete: keep },
    );
  }
}

interface QueueWorkerArgs {
  queues: SyncQueues;
  /** The function that consumes the queues. Its role must allow consuming them and sending to them. */
  worker: NodeFunction;
  /** How many requests to Twilio all invocations make at once, at most. */
  concurrentRequests: number;
}

/** Lambda's event source mappings from the queues of sync to its function, with partial batch responses. */
export class QueueWorker extends ComponentResource {
  constructor(name: string, args: QueueWorkerArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:QueueWorker', name, {}, options);
    const { queues, worker } = args;

    if (queues.visibilityTimeoutSeconds < visibilityTimeoutSeconds(worker.timeoutSeconds)) {
      throw new Error(
        `${name}: the visibility timeout of the queues is ${queues.visibilityTimeoutSeconds} s, too short for a function with a timeout of ${worker.timeoutSeconds} s. Give them the same timeout.`,
      );
    }

    // sync sends a message again if it is too early for the message. Lambda would detect a recursive loop and stop
    // it after 16 invocations. Our loop ends when the Task ends.
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    const recursion = new FunctionRecursionConfig(
      `${name}-recursion`,
      { functionName: worker.name, recursiveLoop: 'Allow' },
      { parent: this },
    );

    for (const queueName of queueNames) {
      const { windowSeconds, maximumConcurrency } = eventSources[queueName];
      new EventSourceMapping(
        `${name}-${queueName}`,
        {
          eventSourceArn: queues[queueName].arn,
          functionName: worker.aliasArn,
          functionResponseTypes: ['ReportBatchItemFailures'],
          batchSize: batchSize(queueName, args.concurrentRequests),
          maximumBatchingWindowInSeconds: windowSeconds,
          scalingConfig: { maximumConcurrency },
        },
        { parent: this, dependsOn: [recursion] },
      );
    }

    this.registerOutputs({});
  }
}
