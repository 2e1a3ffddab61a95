import { type ArnOf, account } from '../record-resources.ts';

/**
 * What follows the account in an ARN, and the service if Pulumi calls it otherwise.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const forms: Readonly<Record<string, (name: string, inputs: Parameters<ArnOf>[2]) => string>> = {
  'aws:cloudwatch/eventBus:EventBus': (name) => `events:eu-west-1:${account}:event-bus/${name}`,
  'aws:cloudwatch/eventRule:EventRule': (name, { eventBusName: bus }) =>
    `events:eu-west-1:${account}:rule/${bus === undefined ? '' : `${bus}/`}${name}`,
  'aws:cloudwatch/logGroup:LogGroup': (name) => `logs:eu-west-1:${account}:log-group:${name}`,
  'aws:cloudwatch/metricAlarm:MetricAlarm': (name) =>
    `cloudwatch:eu-west-1:${account}:alarm:${name}`,
  'aws:iam/role:Role': (name) => `iam::${account}:role/${name}`,
  'aws:kms/key:Key': (name) => `kms:eu-west-1:${account}:key/${name}`,
  'aws:lambda/function:Function': (name) => `lambda:eu-west-1:${account}:function:${name}`,
  'aws:secretsmanager/secret:Secret': (name) =>
    `secretsmanager:eu-west-1:${account}:secret:${name}-AbCdEf`,
};

/** The ARN of a resource in the form that AWS gives it, so that policies can be held against it. */
export const arnAsInAws: ArnOf = (type, name, inputs) => {
  const service = type.split(':')[1]?.split('/')[0];
  return `arn:aws:${forms[type]?.(name, inputs) ?? `${service}:eu-west-1:${account}:${name}`}`;
};
