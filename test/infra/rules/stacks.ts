import {
  type ArnOf,
  account,
  type Recording,
  recordResources,
} from '../../../tools/engine/record-resources.ts';
import { project, pulumiConfig, sources, twilio } from '../settings.ts';

const { zendesk, cases } = sources;

const domain = {
  name: 'hooks.acme.com',
  certificateArn: `arn:aws:acm:eu-west-1:${account}:certificate/5e6f7a8b`,
};

/**
 * Stacks that between them switch on, and leave out, all that can be configured. Their ids do not hold the
 * suffix of names, so that a test can tell what is configured from what AWS answers.
 */
export const stacks = {
  'as it comes': { sources: { zendesk }, twilio },
  'with everything': {
    sources,
    twilio: { ...twilio, taskEventsUrl: 'https://hooks.acme.com/flex/task-events' },
    sync: { confirmAfterSeconds: [30] },
    limits: { twilioConcurrentRequests: 27, requestsPerSecond: 7, burst: 9 },
    alarms: { email: 'oncall@acme.com', runbookUrl: 'https://wiki.acme.com/runbook' },
    logs: { retentionDays: 400 },
    key: { administrators: [`arn:aws:iam::${account}:role/security`], deletionWindowDays: 7 },
    domain: { ...domain, hostedZoneId: 'Z0123456789' },
    vpc: { subnetIds: ['subnet-5e6f7a8b'], securityGroupIds: ['sg-5e6f7a8b'] },
    tags: { team: 'voice', 'cost-centre': '4711' },
    keep: ['logs', 'deadLetters'],
  },
  'on a key of its owner’s': {
    sources: { cases },
    twilio,
    limits: { reserveConcurrency: false },
    key: {
      arn: `arn:aws:kms:eu-west-1:${account}:key/5e6f7a8b-key-of-its-owner`,
      alarmsArn: `arn:aws:kms:eu-west-1:${account}:key/5a6b7c8d-key-of-its-owner`,
    },
    domain: { ...domain, keepApiHost: true },
  },
};

type StackName = keyof typeof stacks;

export const stackNames = Object.keys(stacks) as readonly StackName[];

/** @param program imports `infra/index.ts` afresh, as it registers when it is loaded */
export const recordStack = (
  name: StackName,
  program: () => Promise<unknown>,
): Promise<Recording> => {
  const config = pulumiConfig(stacks[name], 'eu-west-1');
  return recordResources(program, { config, project, stack: 'production', arnOf: arnAsInAws });
};

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
const arnAsInAws: ArnOf = (type, name, inputs) => {
  const service = type.split(':')[1]?.split('/')[0];
  return `arn:aws:${forms[type]?.(name, inputs) ?? `${service}:eu-west-1:${account}:${name}`}`;
};
