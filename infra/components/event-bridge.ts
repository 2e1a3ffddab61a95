import { EventBus } from '@pulumi/aws/cloudwatch/eventBus.js';
import { EventRule } from '@pulumi/aws/cloudwatch/eventRule.js';
import { EventTarget } from '@pulumi/aws/cloudwatch/eventTarget.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  jsonStringify,
  type Output,
} from '@pulumi/pulumi';
import { keepActiveEvent } from '../../shared/aws/function-input.ts';
import { deadLetterRetentionSeconds } from '../../shared/config/limits.ts';
import { denyPlainHttp } from '../policies/permissions.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { NodeFunction } from './node-function.ts';

interface PartnerEventBusArgs {
  /** Name of the source. */
  source: string;
  /** Name of the partner event source, e.g. `aws.partner/salesforce.com/<organisation>/<channel>`. */
  partnerEventSource: string;
  /** The rule ignores events of other types. */
  detailTypes: readonly string[];
}

/** The event bus of a partner event source, and the rule that selects our events. */
export class PartnerEventBus extends ComponentResource {
  readonly busName: Output<string>;
  readonly ruleName: Output<string>;
  readonly ruleArn: Output<string>;

  constructor(name: string, args: PartnerEventBusArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:PartnerEventBus', name, {}, options);
    const { source, partnerEventSource, detailTypes } = args;

    // The bus must have the name of its partner event source.
    // Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
    const bus = new EventBus(
      `${name}-bus`,
      { name: partnerEventSource, eventSourceName: partnerEventSource },
      { parent: this },
    );

    const rule = new EventRule(
      `${name}-rule`,
      {
        // AWS allows 64 characters, too few for the name that Pulumi would generate.
        name: source,
        description: `Ticket changes of ${source}`,
        eventBusName: bus.name,
        eventPattern: JSON.stringify({ source: [partnerEventSource], 'detail-type': detailTypes }),
      },
      { parent: this },
    );

    this.busName = bus.name;
    this.ruleName = rule.name;
    this.ruleArn = rule.arn;
    this.registerOutputs({ ruleArn: this.ruleArn });
  }
}

/**
 * The maximum that EventBridge allows.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
 */
const retryPolicy = { maximumEventAgeInSeconds: 24 * 3600, maximumRetryAttempts: 185 };

interface EventDeliveryArgs {
  events: PartnerEventBus;
  /**
   * Lambda invokes this function asynchronously, once for each event. The function must have a dead-letter queue.
   */
  handler: NodeFunction;
  /** The queue for events that EventBridge cannot deliver to Lambda. Its policy must allow the rule of `events`. */
  deadLetterQueue: EventDeadLetterQueue;
}

/** Delivers the events of a partner event bus to a function, with retries and a dead-letter queue. */
export class EventDelivery extends ComponentResource {
  constructor(name: string, args: EventDeliveryArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EventDelivery', name, {}, options);
    const { events, handler, deadLetterQueue } = args;

    if (!handler.hasDeadLetterQueue) {
      throw new Error(
        `${name}: EventBridge events that the function cannot process would be lost. Set deadLetterQueue on the function.`,
      );
    }

    const permission = new Permission(
      `${name}-permission`,
      {
        action: 'lambda:InvokeFunction',
        function: handler.name,
        qualifier: handler.aliasName,
        principal: 'events.amazonaws.com',
        sourceArn: events.ruleArn,
      },
      { parent: this },
    );

    new EventTarget(
      `${name}-target`,
      {
        eventBusName: events.busName,
        rule: events.ruleName,
        arn: handler.aliasArn,
        retryPolicy,
        deadLetterConfig: { arn: deadLetterQueue.arn },
      },
      // Without permission to invoke, EventBridge does not retry. Without permission to send, it drops the event.
      { parent: this, dependsOn: [permission, deadLetterQueue] },
    );

    this.registerOutputs({});
  }
}

/**
 * The size of the largest event in EventBridge and Lambda. Pulumi's default is a quarter of that, and a dead letter
 * that does not fit is lost.
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
 * The queue for EventBridge events that cannot be delivered, or whose every attempt in the function fails. It is
 * encrypted, denies plain HTTP, and keeps each event unchanged.
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

interface KeepActiveArgs {
  /** The functions in a VPC, by a short name. They must handle `keepActiveEvent`. */
  functions: Readonly<Record<string, NodeFunction>>;
}

/**
 * A daily event for functions in a VPC. Lambda removes the network interfaces of a function that was not invoked
 * for weeks, and then the next request fails.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export class KeepActive extends ComponentResource {
  constructor(name: string, args: KeepActiveArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:KeepActive', name, {}, options);

    const rule = new EventRule(
      name,
      {
        description: 'Keeps the functions in the VPC active',
        scheduleExpression: 'rate(1 day)',
      },
      { parent: this },
    );
    for (const [part, handler] of Object.entries(args.functions)) {
      const permission = new Permission(
        `${name}-${part}-call`,
        {
          action: 'lambda:InvokeFunction',
          function: handler.name,
          qualifier: handler.aliasName,
          principal: 'events.amazonaws.com',
          sourceArn: rule.arn,
        },
        { parent: this },
      );
      new EventTarget(
        `${name}-${part}-target`,
        { rule: rule.name, arn: handler.aliasArn, input: JSON.stringify(keepActiveEvent) },
        { parent: this, dependsOn: [permission] },
      );
    }

    this.registerOutputs({});
  }
}
