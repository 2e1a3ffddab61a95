import type { Api } from '@pulumi/aws/apigatewayv2/api.js';
import { ApiMapping } from '@pulumi/aws/apigatewayv2/apiMapping.js';
import { DomainName } from '@pulumi/aws/apigatewayv2/domainName.js';
import type { Stage } from '@pulumi/aws/apigatewayv2/stage.js';
import { Record as DnsRecord } from '@pulumi/aws/route53/record.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

export interface CustomDomainArgs {
  api: Api;
  stage: Stage;
  /** Host name, e.g. `hooks.example.com`. */
  name: string;
  /** ACM certificate for that name, in the region of the API. */
  certificateArn: string;
  /** Route 53 zone that gets an alias record. Default: none; the owner of the name points it to `target`. */
  hostedZoneId?: string | undefined;
}

/** A custom domain for an API, with TLS 1.2 or later. */
export class CustomDomain extends ComponentResource {
  /** The host name that DNS must point to. */
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
