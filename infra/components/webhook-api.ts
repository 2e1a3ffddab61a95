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

/** A path as it stands behind the API's URL, without a slash at the end. */
type Path = `/${string}`;

export interface WebhookApiArgs {
  /** Takes each request that no route takes, as an event of payload format 2.0. */
  readonly handler: NodeFunction;
  /** What takes the POSTs to a path, by the path, as events of the same format. */
  readonly routes?: Readonly<Record<Path, NodeFunction>>;
}

/**
 * The public door: an HTTP API that hands the POSTs of some paths to functions of their own, and every
 * other request to one that answers what it does not know as well, in its own manner.
 */
export class WebhookApi extends ComponentResource {
  /** Without a slash at the end. */
  readonly url: Output<string>;

  constructor(name: string, args: WebhookApiArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:WebhookApi', name, {}, options);

    const api = new Api(name, { protocolType: 'HTTP' }, { parent: this });

    // A call comes as stage/METHOD/path, or as stage/$default.
    // Source: https://github.com/aws/serverless-application-model/blob/develop/samtranslator/model/eventsources/push.py
    const routed = [
      ...this.serve(name, api, args.handler, '$default', '$default'),
      ...Object.entries(args.routes ?? {}).flatMap(([path, handler]) =>
        this.serve(name + path.replaceAll('/', '-'), api, handler, `POST ${path}`, `POST${path}`),
      ),
    ];

    new Stage(
      `${name}-stage`,
      { apiId: api.id, name: '$default', autoDeploy: true },
      { parent: this, dependsOn: routed },
    );

    this.url = api.apiEndpoint;
    this.registerOutputs({ url: this.url });
  }

  /** Has a function serve one route, and lets the API call it for this alone. */
  private serve(name: string, api: Api, handler: NodeFunction, routeKey: string, call: string) {
    const integration = new Integration(
      `${name}-integration`,
      {
        apiId: api.id,
        integrationType: 'AWS_PROXY',
        integrationMethod: 'POST',
        integrationUri: handler.arn,
        payloadFormatVersion: '2.0',
      },
      { parent: this },
    );

    const route = new Route(
      `${name}-route`,
      { apiId: api.id, routeKey, target: interpolate`integrations/${integration.id}` },
      { parent: this },
    );

    const permission = new Permission(
      `${name}-permission`,
      {
        action: 'lambda:InvokeFunction',
        function: handler.name,
        principal: 'apigateway.amazonaws.com',
        sourceArn: interpolate`${api.executionArn}/*/${call}`,
      },
      { parent: this },
    );

    return [route, permission];
  }
}
