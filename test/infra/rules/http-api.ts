import { account, allOf, type Recording } from '../../../tools/engine/record-resources.ts';
import {
  apiMappings,
  apis,
  domainNames,
  eventRules,
  eventTargets,
  functionOfAlias,
  functions,
  integrations,
  logGroups,
  permissions,
  routes,
  stages,
} from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { configured } from './stack-settings.ts';

/**
 * What an access log may hold of a request: nothing that its sender wrote, as it may be a secret or PHI.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const loggableFields = [
  'requestId',
  'requestTime',
  'identity.sourceIp',
  // One of the hosts of the API: a request to another name does not reach it.
  'domainName',
  'routeKey',
  'status',
  'responseLatency',
  'integrationStatus',
  'integrationLatency',
  'integration.error',
  'error.responseType',
].map((name) => `$context.${name}`);

/**
 * How long an HTTP API waits for a function's answer.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const apiTimeoutSeconds = 30;

const permitted = (recording: Recording): readonly string[] =>
  permissions(recording).map(
    ({ inputs }) =>
      `${inputs.principal} ${inputs.sourceArn} ${inputs.function}:${inputs.qualifier}`,
  );

/**
 * The routes with the function of each, and how API Gateway names itself when it calls it for that.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const routed = (recording: Recording) =>
  routes(recording).map(({ name, inputs: { apiId, routeKey, target } }) => {
    const api = apis(recording).find(({ known }) => known.id === apiId);
    const integration = integrations(recording).find(
      ({ known }) => target === `integrations/${known.id}`,
    );
    const [method = '', path = ''] = routeKey.split(' ');
    return {
      name,
      routeKey,
      lambda: functionOfAlias(integration?.inputs.integrationUri, recording),
      caller: `arn:aws:execute-api:eu-west-1:${account}:${api?.known.name}/*/${method}${path.replaceAll(/\{\w+\}/g, '*')}`,
    };
  });

export const routesTo = (name: string, recording: Recording) =>
  routed(recording).filter(({ lambda }) => lambda?.known.name === name);

/** The limits of a route. The default route has the limits of all routes without their own. */
export const limitsOf = (routeKey: string, recording: Recording) => {
  const [stage] = stages(recording);
  return routeKey === '$default'
    ? stage?.inputs.defaultRouteSettings
    : stage?.inputs.routeSettings.find((settings) => settings.routeKey === routeKey);
};

/** Each way to invoke a function that the program makes: who, in the name of what, and which. */
const invokePermissions = (recording: Recording): readonly string[] => [
  ...routed(recording).map(
    ({ lambda, caller }) => `apigateway.amazonaws.com ${caller} ${lambda?.known.name}:live`,
  ),
  ...eventTargets(recording).map(({ inputs }) => {
    const rule = eventRules(recording).find(({ known }) => known.name === inputs.rule);
    const lambda = functionOfAlias(inputs.arn, recording);
    return `events.amazonaws.com ${rule?.known.arn} ${lambda?.known.name}:live`;
  }),
];

export const httpApi: readonly Rule[] = [
  rule('No function has a function URL', functions, (_, recording) =>
    allOf(recording, 'aws:lambda/functionUrl:FunctionUrl').map(({ name }) => `${name} is one`),
  ),

  rule(
    'Only the API, for its own routes, and EventBridge, for its own rule, may invoke a function',
    permissions,
    ({ name, inputs }, recording) =>
      unless(
        inputs.action === 'lambda:InvokeFunction' &&
          invokePermissions(recording).includes(
            `${inputs.principal} ${inputs.sourceArn} ${inputs.function}:${inputs.qualifier}`,
          ),
        `${name} lets ${inputs.principal} invoke ${inputs.function} from ${inputs.sourceArn ?? 'anywhere'}`,
      ),
  ),

  rule('Each route and each rule may invoke its function', invokePermissions, (way, recording) =>
    unless(permitted(recording).includes(way), `${way}: not permitted`),
  ),

  rule('The API has POST routes and the default route only', routes, ({ name, inputs }) =>
    unless(/^(\$default|POST \/\S+)$/.test(inputs.routeKey), `${name} takes ${inputs.routeKey}`),
  ),

  rule('A function behind the API times out before the API does', routed, ({ name, lambda }) => {
    const timeout = lambda?.inputs.timeout ?? Infinity;
    return unless(timeout < apiTimeoutSeconds, `${name}: its function may take ${timeout} s`);
  }),

  rule(
    'Every route has the configured limits, and the default route has no higher ones',
    routes,
    ({ inputs: { routeKey } }, recording) => {
      const { requestsPerSecond, burst } = configured(recording).limits;
      const limits = limitsOf(routeKey, recording);
      const isAsAsked = (limit: number, wanted: number): boolean =>
        routeKey === '$default' ? limit > 0 && limit <= wanted : limit === wanted;
      return unless(
        limits !== undefined &&
          isAsAsked(limits.throttlingRateLimit, requestsPerSecond) &&
          isAsAsked(limits.throttlingBurstLimit, burst),
        `${routeKey} is limited to ${JSON.stringify(limits) ?? 'nothing'}`,
      );
    },
  ),

  rule(
    'Every request is logged to a log group of the stack',
    stages,
    ({ name, inputs }, recording) =>
      unless(
        logGroups(recording).some(
          ({ known }) => known.arn === inputs.accessLogSettings?.destinationArn,
        ),
        `${name} logs to ${inputs.accessLogSettings?.destinationArn ?? 'nothing'}`,
      ),
  ),

  rule(
    'The access log holds nothing that a sender wrote: no path, query, header, cookie or body',
    (recording) =>
      stages(recording).flatMap(({ name, inputs }) =>
        Object.values(Object(JSON.parse(inputs.accessLogSettings?.format ?? '{}'))).map(
          (field) => ({ name, field: String(field) }),
        ),
      ),
    ({ name, field }) => unless(loggableFields.includes(field), `${name} logs ${field}`),
  ),

  rule(
    'The API answers at its custom domain, and at the execute-api endpoint only without one or if configured',
    apis,
    ({ name, known, inputs }, recording) => {
      const { domain } = configured(recording);
      const hosts = apiMappings(recording)
        .filter((mapping) => mapping.inputs.apiId === known.id)
        .map((mapping) =>
          domainNames(recording).find((host) => host.known.id === mapping.inputs.domainName),
        )
        .map((host) => host?.inputs.domainName);
      return [
        ...unless(
          hosts.join() === (domain?.name ?? ''),
          `${name} answers at ${hosts.join() || 'its own host alone'}`,
        ),
        ...unless(
          (inputs.disableExecuteApiEndpoint ?? false) === (domain?.keepApiHost === false),
          `${name} is ${inputs.disableExecuteApiEndpoint ? 'closed' : 'open'} at its own host`,
        ),
      ];
    },
  ),

  rule(
    'A custom domain has TLS 1.2 and the configured certificate',
    domainNames,
    ({ name, inputs: { domainNameConfiguration } }, recording) => {
      const { certificateArn, securityPolicy } = domainNameConfiguration;
      return [
        ...unless(securityPolicy === 'TLS_1_2', `${name} speaks ${securityPolicy}`),
        ...unless(
          certificateArn === configured(recording).domain?.certificateArn,
          `${name} has the certificate ${certificateArn}`,
        ),
      ];
    },
  ),
];
