import { EventBus } from '@pulumi/aws/cloudwatch/eventBus.js';
import { EventRule } from '@pulumi/aws/cloudwatch/eventRule.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

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
