import { account, type Recording } from '../record-resources.ts';
import {
  apis,
  eventRules,
  eventTargets,
  functionOfAlias,
  integrations,
  routes,
  stages,
} from './resources.ts';

/**
 * The routes with the function of each, and how API Gateway names itself when it calls it for that.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const routed = (recording: Recording) =>
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
export const invokePermissions = (recording: Recording): readonly string[] => [
  ...routed(recording).map(
    ({ lambda, caller }) => `apigateway.amazonaws.com ${caller} ${lambda?.known.name}:live`,
  ),
  ...eventTargets(recording).map(({ inputs }) => {
    const rule = eventRules(recording).find(({ known }) => known.name === inputs.rule);
    const lambda = functionOfAlias(inputs.arn, recording);
    return `events.amazonaws.com ${rule?.known.arn} ${lambda?.known.name}:live`;
  }),
];
