import { EventBus } from '@pulumi/aws/cloudwatch/eventBus.js';
import { EventRule } from '@pulumi/aws/cloudwatch/eventRule.js';
import { EventTarget } from '@pulumi/aws/cloudwatch/eventTarget.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import type { EventDeadLetterQueue } from './event-dead-letter-queue.ts';
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
  /** Lambda invokes it asynchronously, once for each event. It must have a dead-letter queue of its own. */
  handler: NodeFunction;
  /** For events that EventBridge cannot deliver to Lambda. Its policy must allow the rule of `events`. */
  deadLetterQueue: EventDeadLetterQueue;
}

/** Delivers the events of a partner event bus to a function, with retries and a dead-letter queue. */
export class EventDelivery extends ComponentResource {
  constructor(name: string, args: EventDeliveryArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EventDelivery', name, {}, options);
    const { events, handler, deadLetterQueue } = args;

    if (!handler.hasDeadLetterQueue) {
      throw new Error(
        `${name}: EventBridge events that the function fails on would be lost. Set deadLetterQueue on the function.`,
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
      // EventBridge does not retry without permission to invoke, and drops the event without permission to send.
      { parent: this, dependsOn: [permission, deadLetterQueue] },
    );

    this.registerOutputs({});
  }
}
