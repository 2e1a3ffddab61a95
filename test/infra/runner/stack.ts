import { pulumiConfig, sources, twilio } from '../settings.ts';

export const stack = 'production';

/** The configuration of a stack with all optional parts. */
export const config = pulumiConfig(
  {
    sources,
    twilio,
    alarms: { email: 'oncall@acme.com' },
    key: { administrators: ['arn:aws:iam::123456789012:role/security'] },
    domain: {
      name: 'hooks.acme.com',
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/5e6f7a8b',
      hostedZoneId: 'Z5E6F7A8B',
    },
    vpc: { subnetIds: ['subnet-5e6f7a8b'], securityGroupIds: ['sg-5e6f7a8b'] },
    tags: { team: 'contact-centre' },
    keep: ['logs', 'deadLetters'],
  },
  'eu-west-1',
);
