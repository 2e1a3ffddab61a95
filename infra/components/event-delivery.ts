import { EventTarget } from '@pulumi/aws/cloudwatch/eventTarget.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';
import type { EventDeadLetterQueue } from './event-dead-letter-queue.ts';
import type { NodeFunction } from './node-function.ts';
import type { PartnerEventBus } from './partner-event-bus.ts';

/**
 * How long EventBridge tries to hand an event to Lambda: as long as it can.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
 */
const retryPolicy = { maximumEventAgeInSeconds: 24 * 3600, maximumRetryAttempts: 185 };

interface EventDeliveryArgs {
  readonly events: PartnerEventBus;
  /** Takes each event by itself, asynchronously. It keeps its own dead letters. */
  readonly handler: NodeFunction;
  /** Where events go that EventBridge cannot hand to Lambda. It takes them from the rule of `events`. */
  readonly deadLetterQueue: EventDeadLetterQueue;
}

/** Has EventBridge hand a partner's events to a function, so that none is lost on the way. */
export class EventDelivery extends ComponentResource {
  constructor(name: string, args: EventDeliveryArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:EventDelivery', name, {}, options);
    const { events, handler, deadLetterQueue } = args;

    if (!handler.hasDeadLetterQueue) {
      throw new Error(
        `${name}: events that the function fails on would be lost: give the function deadLetters`,
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
      // What EventBridge may not hand over it does not try again, and drops if the queue is closed to it.
      { parent: this, dependsOn: [permission, deadLetterQueue] },
    );

    this.registerOutputs({});
  }
}
