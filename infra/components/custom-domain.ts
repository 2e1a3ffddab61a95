import type { Api } from '@pulumi/aws/apigatewayv2/api.js';
import { ApiMapping } from '@pulumi/aws/apigatewayv2/apiMapping.js';
import { DomainName } from '@pulumi/aws/apigatewayv2/domainName.js';
import type { Stage } from '@pulumi/aws/apigatewayv2/stage.js';
import { Record as DnsRecord } from '@pulumi/aws/route53/record.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

export interface CustomDomainArgs {
  readonly api: Api;
  readonly stage: Stage;
  /** The host's name, e.g. `hooks.example.com`. */
  readonly name: string;
  /** Of a certificate for that name, in the API's region. */
  readonly certificateArn: string;
  /** The zone of Route 53 that the name is written to. Unset: whoever has the name points it at `target`. */
  readonly hostedZoneId?: string | undefined;
}

/** A host of one's own that stands for an API, by TLS 1.2 at the least. */
export class CustomDomain extends ComponentResource {
  /** What the name has to lead to. */
  readonly target: Output<string>;

  constructor(name: string, args: CustomDomainArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:CustomDomain', name, {}, options);

    const domain = new DomainName(
      name,
      {
        domainName: args.name,
        domainNameConfiguration: {
          certificateArn: args.certificateArn,
          endpointType: 'REGIONAL',
          securityPolicy: 'TLS_1_2',
        },
      },
      { parent: this },
    );
    new ApiMapping(
      `${name}-mapping`,
      { apiId: args.api.id, domainName: domain.id, stage: args.stage.name },
      { parent: this },
    );

    const { targetDomainName, hostedZoneId } = domain.domainNameConfiguration;
    if (args.hostedZoneId !== undefined) {
      new DnsRecord(
        `${name}-record`,
        {
          zoneId: args.hostedZoneId,
          name: args.name,
          type: 'A',
          aliases: [{ name: targetDomainName, zoneId: hostedZoneId, evaluateTargetHealth: false }],
        },
        { parent: this },
      );
    }

    this.target = targetDomainName;
    this.registerOutputs({ target: this.target });
  }
}
