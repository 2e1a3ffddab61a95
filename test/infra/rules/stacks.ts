import { account, type Recording, recordResources } from '../record-resources.ts';
import { project, pulumiConfig, sources, twilio } from '../settings.ts';
import { arnAsInAws } from './aws-arn.ts';

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
    sync: { tasksInParallel: 5, confirmAfterSeconds: [30] },
    limits: { twilioConcurrentRequests: 39, requestsPerSecond: 7, burst: 9 },
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
