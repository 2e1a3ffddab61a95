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
  deadLetterRetentionSeconds,
  maxReceiveCount,
  queueRetentionSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/limits.ts';
import { denyPlainHttp, type EncryptedResource } from '../policies/permissions.ts';
import type { EncryptionKey } from './encryption-key.ts';

interface RedrivableQueueArgs {
  key: EncryptionKey;
  /** Timeout of the function that consumes the queue, in seconds. */
  consumerTimeoutSeconds: number;
  /** Whether `pulumi destroy` keeps the dead-letter queue. */
  keepDeadLetters: boolean;
}

/**
 * A standard queue and its dead-letter queue. Both are encrypted and deny plain HTTP. The redrive allow policy
 * lets no other queue use the dead-letter queue.
 */
export class RedrivableQueue extends ComponentResource {
  readonly url: Output<string>;
  readonly arn: Output<string>;
  readonly keyArn: Output<string>;
  readonly deadLetterUrl: Output<string>;
  readonly deadLetterArn: Output<string>;
  /** How long a received message stays hidden. */
  readonly visibilityTimeoutSeconds: number;

  constructor(name: string, args: RedrivableQueueArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:RedrivableQueue', name, {}, options);

    const deadLetterQueue = new Queue(
      `${name}-dead-letters`,
      { messageRetentionSeconds: deadLetterRetentionSeconds, kmsMasterKeyId: args.key.arn },
      { parent: this, retainOnDelete: args.keepDeadLetters },
    );

    this.visibilityTimeoutSeconds = visibilityTimeoutSeconds(args.consumerTimeoutSeconds);
    const queue = new Queue(
      name,
      {
        visibilityTimeoutSeconds: this.visibilityTimeoutSeconds,
        messageRetentionSeconds: queueRetentionSeconds,
        kmsMasterKeyId: args.key.arn,
        redrivePolicy: jsonStringify({
          deadLetterTargetArn: deadLetterQueue.arn,
          maxReceiveCount: maxReceiveCount(this.visibilityTimeoutSeconds),
        }),
      },
      { parent: this },
    );

    new RedriveAllowPolicy(
      `${name}-redrive`,
      {
        queueUrl: deadLetterQueue.url,
        redriveAllowPolicy: jsonStringify({
          redrivePermission: 'byQueue',
          sourceQueueArns: [queue.arn],
        }),
      },
      { parent: this },
    );

    this.requireTls(`${name}-tls-only`, queue);
    this.requireTls(`${name}-dead-letters-tls-only`, deadLetterQueue, args.keepDeadLetters);

    this.url = queue.url;
    this.arn = queue.arn;
    this.keyArn = args.key.arn;
    this.deadLetterUrl = deadLetterQueue.url;
    this.deadLetterArn = deadLetterQueue.arn;
    this.registerOutputs({
      url: this.url,
      arn: this.arn,
      deadLetterUrl: this.deadLetterUrl,
      deadLetterArn: this.deadLetterArn,
    });
  }

  /** The dead-letter queue, as permissions take it. */
  get deadLetterQueue(): EncryptedResource {
    return { arn: this.deadLetterArn, keyArn: this.keyArn };
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
