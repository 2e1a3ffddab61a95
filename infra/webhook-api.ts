import { Api } from '@pulumi/aws/apigatewayv2/api.js';
import { Integration } from '@pulumi/aws/apigatewayv2/integration.js';
import { Route } from '@pulumi/aws/apigatewayv2/route.js';
import { Stage } from '@pulumi/aws/apigatewayv2/stage.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import type { NodeFunction } from './node-function.ts';

export interface WebhookApiArgs {
  /** Takes each request, as an event of payload format 2.0. */
  readonly handler: NodeFunction;
}

/**
 * The public door: an HTTP API that hands every request to the function, which answers what it does
 * not know as well, in its own manner.
 */
export class WebhookApi extends ComponentResource {
  /** The URL that a source's name follows, without a slash at the end. */
  readonly url: Output<string>;

  constructor(name: string, args: WebhookApiArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:WebhookApi', name, {}, options);

    const api = new Api(name, { protocolType: 'HTTP' }, { parent: this });

    const integration = new Integration(
      `${name}-integration`,
      {
        apiId: api.id,
        integrationType: 'AWS_PROXY',
        integrationMethod: 'POST',
        integrationUri: args.handler.arn,
        payloadFormatVersion: '2.0',
      },
      { parent: this },
    );

    const route = new Route(
      `${name}-route`,
      {
        apiId: api.id,
        routeKey: '$default',
        target: interpolate`integrations/${integration.id}`,
      },
      { parent: this },
    );

    const permission = new Permission(
      `${name}-permission`,
      {
        action: 'lambda:InvokeFunction',
        function: args.handler.name,
        principal: 'apigateway.amazonaws.com',
        sourceArn: interpolate`${api.executionArn}/*/*`,
      },
      { parent: this },
    );

    new Stage(
      `${name}-stage`,
      { apiId: api.id, name: '$default', autoDeploy: true },
      { parent: this, dependsOn: [route, permission] },
    );

    this.url = interpolate`${api.apiEndpoint}/webhooks`;
    this.registerOutputs({ url: this.url });
  }
}
