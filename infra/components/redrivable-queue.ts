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
  maximumReceives,
  queueRetentionSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/numbers.ts';
import { denyPlainHttp } from '../policies/deny-plain-http.ts';

export interface RedrivableQueueArgs {
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeoutSeconds: number;
  /** Tries after which the consumer itself gives a message up. */
  readonly consumerTries: number;
}

/**
 * A standard queue with its dead-letter queue, both encrypted and closed to plain HTTP, and the way
 * back: dead letters may be moved to this queue and to no other.
 */
export class RedrivableQueue extends ComponentResource {
  readonly url: Output<string>;
  readonly arn: Output<string>;
  readonly deadLetterUrl: Output<string>;
  readonly deadLetterArn: Output<string>;
  /** How long a message stays hidden once it is handed over. */
  readonly visibilityTimeoutSeconds: number;

  constructor(name: string, args: RedrivableQueueArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:RedrivableQueue', name, {}, options);

    const deadLetters = new Queue(
      `${name}-dead-letters`,
      { messageRetentionSeconds: deadLetterRetentionSeconds, sqsManagedSseEnabled: true },
      { parent: this },
    );

    this.visibilityTimeoutSeconds = visibilityTimeoutSeconds(args.consumerTimeoutSeconds);
    const queue = new Queue(
      name,
      {
        visibilityTimeoutSeconds: this.visibilityTimeoutSeconds,
        messageRetentionSeconds: queueRetentionSeconds,
        sqsManagedSseEnabled: true,
        redrivePolicy: jsonStringify({
          deadLetterTargetArn: deadLetters.arn,
          maxReceiveCount: maximumReceives(args.consumerTries),
        }),
      },
      { parent: this },
    );

    new RedriveAllowPolicy(
      `${name}-redrive`,
      {
        queueUrl: deadLetters.url,
        redriveAllowPolicy: jsonStringify({
          redrivePermission: 'byQueue',
          sourceQueueArns: [queue.arn],
        }),
      },
      { parent: this },
    );

    this.closeToPlainHttp(`${name}-tls-only`, queue);
    this.closeToPlainHttp(`${name}-dead-letters-tls-only`, deadLetters);

    this.url = queue.url;
    this.arn = queue.arn;
    this.deadLetterUrl = deadLetters.url;
    this.deadLetterArn = deadLetters.arn;
    this.registerOutputs({
      url: this.url,
      arn: this.arn,
      deadLetterUrl: this.deadLetterUrl,
      deadLetterArn: this.deadLetterArn,
    });
  }

  private closeToPlainHttp(name: string, queue: Queue): void {
    new QueuePolicy(
      name,
      {
        queueUrl: queue.url,
        policy: jsonStringify({ Version: '2012-10-17', Statement: [denyPlainHttp(queue.arn)] }),
      },
      { parent: this },
    );
  }
}
