import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  jsonStringify,
  type Output,
} from '@pulumi/pulumi';
import { deadLetterRetentionSeconds } from '../../shared/config/limits.ts';
import { denyPlainHttp } from '../policies/permissions.ts';
import type { EncryptionKey } from './encryption-key.ts';

/**
 * The largest event of EventBridge and Lambda. Pulumi's default is a quarter of it, and a dead letter that
 * does not fit is lost.
 * Source: https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb/
 */
const maxMessageBytes = 1024 * 1024;

interface EventDeadLetterQueueArgs {
  key: EncryptionKey;
  /** ARNs of the rules that may send their undelivered events. */
  rules: readonly Input<string>[];
  /** Whether `pulumi destroy` keeps the queue. */
  keep: boolean;
}

/**
 * The queue for EventBridge events that cannot be delivered, or that the function fails on in every attempt.
 * It is encrypted, denies plain HTTP, and keeps each event unchanged.
 */
export class EventDeadLetterQueue extends ComponentResource {
  readonly url: Output<string>;
  readonly arn: Output<string>;
  readonly keyArn: Output<string>;

  constructor(name: string, args: EventDeadLetterQueueArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EventDeadLetterQueue', name, {}, options);

    const queue = new Queue(
      `${name}-dead-letters`,
      {
        messageRetentionSeconds: deadLetterRetentionSeconds,
        maxMessageSize: maxMessageBytes,
        kmsMasterKeyId: args.key.arn,
      },
      { parent: this, retainOnDelete: args.keep },
    );

    // The function needs no statement here: its own role allows it to send.
    // Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/rule-dlq.html
    const fromRules = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queue.arn,
      Condition: { ArnEquals: { 'aws:SourceArn': args.rules } },
    };
    new QueuePolicy(
      `${name}-dead-letters-policy`,
      {
        queueUrl: queue.url,
        policy: jsonStringify({
          Version: '2012-10-17',
          Statement: [denyPlainHttp(queue.arn), ...(args.rules.length > 0 ? [fromRules] : [])],
        }),
      },
      { parent: this, retainOnDelete: args.keep },
    );

    this.url = queue.url;
    this.arn = queue.arn;
    this.keyArn = args.key.arn;
    this.registerOutputs({ url: this.url, arn: this.arn });
  }
}
