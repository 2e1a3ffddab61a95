import { EventRule } from '@pulumi/aws/cloudwatch/eventRule.js';
import { EventTarget } from '@pulumi/aws/cloudwatch/eventTarget.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';
import { keepActiveEvent } from '../../shared/aws/function-input.ts';
import type { NodeFunction } from './node-function.ts';

interface KeepActiveArgs {
  /** Functions in a VPC, by a short name. They must take `keepActiveEvent`. */
  functions: Readonly<Record<string, NodeFunction>>;
}

/**
 * A daily event for functions in a VPC. Lambda takes the network interfaces from one that nobody invokes for weeks,
 * and the next request fails.
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
