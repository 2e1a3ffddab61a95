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
  readonly key: EncryptionKey;
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeoutSeconds: number;
  /** Tries after which the consumer itself gives a message up. */
  readonly consumerTries: number;
  /** Whether the dead letters outlive the stack. */
  readonly keepDeadLetters: boolean;
}

/**
 * A standard queue with its dead-letter queue, both encrypted and closed to plain HTTP, and the way
 * back: dead letters may be moved to this queue and to no other.
 */
export class RedrivableQueue extends ComponentResource {
  readonly url: Output<string>;
  readonly arn: Output<string>;
  readonly keyArn: Output<string>;
  readonly deadLetterUrl: Output<string>;
  readonly deadLetterArn: Output<string>;
  /** How long a message stays hidden once it is handed over. */
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
          maxReceiveCount: maxReceiveCount(args.consumerTries, this.visibilityTimeoutSeconds),
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

  /** What a permission is about that is for the dead letters. */
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
