import { pulumiConfig, sources, twilio } from '../infra/settings.ts';
import { region } from './aws.ts';

const administrators = ['arn:aws:iam::123456789012:role/KeyAdministrator'];
const vpc = {
  subnetIds: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'],
  securityGroupIds: ['sg-0a1b2c3d'],
};
const domain = {
  name: 'hooks.acme.com',
  certificateArn: `arn:aws:acm:${region}:123456789012:certificate/0a1b2c3d`,
  hostedZoneId: 'Z0A1B2C3D4',
};

const { zendesk, soap, cases } = sources;

/** The required settings, with a source of each transport. */
const usual = { sources: { zendesk, soap, cases }, twilio };

/** A stack with all optional parts. */
const full = {
  ...usual,
  alarms: { email: 'oncall@acme.com' },
  domain,
  keep: ['logs', 'deadLetters'],
  key: { administrators },
  logs: { retentionDays: 400 },
  tags: { 'cost-centre': '4711' },
  vpc,
};

export const stackConfigs = {
  usual: pulumiConfig(usual, region),
  full: pulumiConfig(full, region),
};
