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

/** A path without a trailing slash. `{token}` matches any one segment. */
type RoutePath = `/${string}`;

interface RouteLimits {
  requestsPerSecond: number;
  /** Maximum requests at the same moment. */
  burst: number;
}

export interface WebhookApiArgs {
  /** Serves all requests that match no route. It gets events of payload format 2.0. */
  handler: NodeFunction;
  /** POST routes and their functions, which get events of the same format. */
  routes: readonly { path: RoutePath; handler: NodeFunction }[];
  /** Limits of each route. API Gateway answers more with 429. */
  limits: RouteLimits;
  /** Limits of all other requests together. */
  defaultLimits: RouteLimits;
  accessLog: AccessLog;
  /** A custom domain. The execute-api endpoint is then disabled, unless `keepApiHost` is set. */
  domain?: (Omit<CustomDomainArgs, 'api' | 'stage'> & { keepApiHost: boolean }) | undefined;
}

/**
 * The public HTTP API. Each POST route has its own function and limits. All other requests go to one function,
 * so that it answers and logs unknown paths like its own.
 */
export class WebhookApi extends ComponentResource {
  readonly apiId: Output<string>;
  /** Without a trailing slash. */
  readonly url: Output<string>;
  /** The host name that DNS of the custom domain must point to. */
  readonly domainTarget: Output<string> | undefined;

  constructor(name: string, args: WebhookApiArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:WebhookApi', name, {}, options);
    const { domain, limits, routes } = args;

    const api = new Api(
      name,
      { protocolType: 'HTTP', disableExecuteApiEndpoint: domain?.keepApiHost === false },
      { parent: this },
    );

    // The source ARN of a call ends in stage/METHOD/path, or in stage/$default.
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

  /** Adds a route, and allows the API to invoke its function for this route only. */
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
        integrationUri: handler.aliasArn,
        payloadFormatVersion: '2.0',
      },
      { parent: this },
    );

    // A route of its own name if the path has a token: a source may change to a kind that takes one, or back.
    // Under the same name the route would change while the stage still names the route that was.
    const route = new Route(
      `${name}-route${routeKey.includes('{') ? '-with-token' : ''}`,
      { apiId: api.id, routeKey, target: interpolate`integrations/${integration.id}` },
      { parent: this },
    );

    // Short, because AWS allows 100 characters for the statement id, with Pulumi's suffix.
    const permission = new Permission(
      `${name}-call`,
      {
        action: 'lambda:InvokeFunction',
        function: handler.name,
        qualifier: handler.aliasName,
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
