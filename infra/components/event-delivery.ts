import { EventTarget } from '@pulumi/aws/cloudwatch/eventTarget.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';
import type { EventDeadLetterQueue } from './event-dead-letter-queue.ts';
import type { NodeFunction } from './node-function.ts';
import type { PartnerEventBus } from './partner-event-bus.ts';

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
        arn: handler.arn,
        retryPolicy,
        deadLetterConfig: { arn: deadLetterQueue.arn },
      },
      // EventBridge does not retry without permission to invoke, and drops the event without permission to send.
      { parent: this, dependsOn: [permission, deadLetterQueue] },
    );

    this.registerOutputs({});
  }
}
