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
  output,
} from '@pulumi/pulumi';
import type { AccessLog } from './access-log.ts';
import { CustomDomain, type CustomDomainArgs } from './custom-domain.ts';
import type { NodeFunction } from './node-function.ts';

/** A path as it stands behind the API's URL, without a slash at the end; `{token}` stands for any one part. */
type RoutePath = `/${string}`;

interface RouteLimits {
  readonly requestsPerSecond: number;
  /** How many at one moment. */
  readonly burst: number;
}

export interface WebhookApiArgs {
  /** Takes each request that no route takes, as an event of payload format 2.0. */
  readonly handler: NodeFunction;
  /** What takes the POSTs to a path, as events of the same format. */
  readonly routes: readonly { readonly path: RoutePath; readonly handler: NodeFunction }[];
  /** Of each route by itself; the API answers 429 to what is more. */
  readonly limits: RouteLimits;
  /** Of all the other requests together. */
  readonly defaultLimits: RouteLimits;
  readonly accessLog: AccessLog;
  /** A host in place of the API's own, which is then closed unless it is kept for a while. */
  readonly domain?:
    | (Omit<CustomDomainArgs, 'api' | 'stage'> & { readonly keepApiHost: boolean })
    | undefined;
}

/**
 * The public door: an HTTP API that hands the POSTs of some paths to functions, each with a limit of its
 * own, and every other request to one that answers what it does not know as well, in its own manner.
 */
export class WebhookApi extends ComponentResource {
  readonly apiId: Output<string>;
  /** Without a slash at the end. */
  readonly url: Output<string>;
  /** What a host of one's own has to lead to. */
  readonly domainTarget: Output<string> | undefined;

  constructor(name: string, args: WebhookApiArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:WebhookApi', name, {}, options);
    const { domain, limits, routes } = args;

    const api = new Api(
      name,
      { protocolType: 'HTTP', disableExecuteApiEndpoint: domain?.keepApiHost === false },
      { parent: this },
    );

    // A call comes as stage/METHOD/path, or as stage/$default.
    // Source: https://github.com/aws/serverless-application-model/blob/develop/samtranslator/model/eventsources/push.py
    const routesAndPermissions = [
      ...this.addRoute(name, api, args.handler, '$default', '$default'),
      ...routes.flatMap(({ path, handler }) =>
        this.addRoute(
          name + path.replace('/{token}', '').replaceAll('/', '-'),
          api,
          handler,
          `POST ${path}`,
          `POST${path.replaceAll(/\{\w+\}/g, '*')}`,
        ),
      ),
    ];

    const stage = new Stage(
      `${name}-stage`,
      {
        apiId: api.id,
        name: '$default',
        autoDeploy: true,
        defaultRouteSettings: throttlingSettings(args.defaultLimits),
        routeSettings: routes.map(({ path }) => ({
          routeKey: `POST ${path}`,
          ...throttlingSettings(limits),
        })),
        accessLogSettings: { destinationArn: args.accessLog.arn, format: args.accessLog.format },
      },
      { parent: this, dependsOn: routesAndPermissions },
    );

    this.apiId = api.id;
    this.url = domain === undefined ? api.apiEndpoint : output(`https://${domain.name}`);
    this.domainTarget =
      domain &&
      new CustomDomain(`${name}-domain`, { ...domain, api, stage }, { parent: this }).target;
    this.registerOutputs({ url: this.url });
  }

  /** Has a function serve one route, and lets the API call it for this alone. */
  private addRoute(
    name: string,
    api: Api,
    handler: NodeFunction,
    routeKey: string,
    sourcePath: string,
  ) {
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

    // Its name in AWS has 100 characters at the most, with what Pulumi adds.
    const permission = new Permission(
      `${name}-call`,
      {
        action: 'lambda:InvokeFunction',
        function: handler.name,
        principal: 'apigateway.amazonaws.com',
        sourceArn: interpolate`${api.executionArn}/*/${sourcePath}`,
      },
      { parent: this },
    );

    return [route, permission];
  }
}

function throttlingSettings({ requestsPerSecond, burst }: RouteLimits) {
  return {
    throttlingRateLimit: requestsPerSecond,
    throttlingBurstLimit: burst,
  };
}
