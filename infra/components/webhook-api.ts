import { Api } from '@pulumi/aws/apigatewayv2/api.js';
import { ApiMapping } from '@pulumi/aws/apigatewayv2/apiMapping.js';
import { DomainName } from '@pulumi/aws/apigatewayv2/domainName.js';
import { Integration } from '@pulumi/aws/apigatewayv2/integration.js';
import { Route } from '@pulumi/aws/apigatewayv2/route.js';
import { Stage } from '@pulumi/aws/apigatewayv2/stage.js';
import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { Permission } from '@pulumi/aws/lambda/permission.js';
import { Record as DnsRecord } from '@pulumi/aws/route53/record.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
} from '@pulumi/pulumi';
import type { CommonFunctionArgs, NodeFunction } from './node-function.ts';

/** A path without a trailing slash. `{token}` matches any one segment. */
type RoutePath = `/${string}`;

interface RouteLimits {
  requestsPerSecond: number;
  /** The highest number of requests at the same moment. */
  burst: number;
}

export interface WebhookApiArgs {
  /** Gets all requests that match no route. The events have payload format 2.0. */
  handler: NodeFunction;
  /** POST routes and their functions. Their events have payload format 2.0 too. */
  routes: readonly { path: RoutePath; handler: NodeFunction }[];
  /** The limits of each route. API Gateway responds 429 to requests beyond them. */
  limits: RouteLimits;
  /** The limits of all other requests together. */
  defaultLimits: RouteLimits;
  accessLog: AccessLog;
  /** A custom domain. The execute-api endpoint is then disabled, unless `keepApiHost` is set. */
  domain?: (Omit<CustomDomainArgs, 'api' | 'stage'> & { keepApiHost: boolean }) | undefined;
}

/**
 * The public HTTP API. Each POST route has its own function and limits. All other requests go to one function, so
 * that it also answers and logs requests to unknown paths.
 */
export class WebhookApi extends ComponentResource {
  readonly apiId: Output<string>;
  /** The URL, without a trailing slash. */
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

    // A path with a token gets a resource name of its own. A source may change to a kind with a token, or back.
    // With one name for both, Pulumi would change the route while the stage still names the old route.
    const route = new Route(
      `${name}-route${routeKey.includes('{') ? '-with-token' : ''}`,
      { apiId: api.id, routeKey, target: interpolate`integrations/${integration.id}` },
      { parent: this },
    );

    // The name is short, because AWS allows 100 characters for the statement id, with Pulumi's suffix.
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

interface CustomDomainArgs {
  api: Api;
  stage: Stage;
  /** Host name, e.g. `hooks.example.com`. */
  name: string;
  /** ACM certificate for that name, in the region of the API. */
  certificateArn: string;
  /**
   * The Route 53 zone that gets an alias record. Default: none. Then the owner of the name must point it to
   * `target`.
   */
  hostedZoneId?: string | undefined;
}

/** A custom domain for an API, with TLS 1.2 or later. */
class CustomDomain extends ComponentResource {
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

/**
 * The fields of the access log. The path is left out, because it contains a secret for some sources. Query, headers
 * and body are left out, because they may contain PHI.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const logFields = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  host: '$context.domainName',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLatency: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatency: '$context.integrationLatency',
  integrationError: '$context.integration.error',
  error: '$context.error.responseType',
};

/** The access log of an HTTP API: its log group, and the format of its lines. */
export class AccessLog extends ComponentResource {
  readonly arn: Output<string>;
  /** The format of a log line: JSON on one line. */
  readonly format = JSON.stringify(logFields);

  constructor(
    name: string,
    args: Pick<CommonFunctionArgs, 'key' | 'logRetentionDays' | 'keepLogs'>,
    options?: ComponentResourceOptions,
  ) {
    super('crm-media-sync:infra:AccessLog', name, {}, options);

    const group = new LogGroup(
      name,
      {
        // Log groups under this path need no statement in the resource policy of CloudWatch Logs, which has little
        // room.
        // Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
        namePrefix: `/aws/vendedlogs/apis/${name}-`,
        retentionInDays: args.logRetentionDays,
        kmsKeyId: args.key.arn,
      },
      { parent: this, retainOnDelete: args.keepLogs },
    );

    this.arn = group.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
