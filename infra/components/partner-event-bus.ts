import { EventBus } from '@pulumi/aws/cloudwatch/eventBus.js';
import { EventRule } from '@pulumi/aws/cloudwatch/eventRule.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

interface PartnerEventBusArgs {
  /** The name of the source. */
  readonly source: string;
  /** As EventBridge lists it, e.g. `aws.partner/salesforce.com/<organisation>/<channel>`. */
  readonly partnerEventSource: string;
  /** Events of other types are left on the bus, where they come to nothing. */
  readonly detailTypes: readonly string[];
}

/** The bus that takes up a partner event source, and the rule that picks what is for us. */
export class PartnerEventBus extends ComponentResource {
  readonly busName: Output<string>;
  readonly ruleName: Output<string>;
  readonly ruleArn: Output<string>;

  constructor(name: string, args: PartnerEventBusArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:PartnerEvents', name, {}, options);
    const { source, partnerEventSource, detailTypes } = args;

    // A partner's bus must bear the name of its event source.
    // Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
    const bus = new EventBus(
      `${name}-bus`,
      { name: partnerEventSource, eventSourceName: partnerEventSource },
      { parent: this },
    );

    const rule = new EventRule(
      `${name}-rule`,
      {
        // A rule's name has 64 characters, too few for what Pulumi would make of ours.
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
