import * as z from 'zod';
import {
  listOf,
  oneOf,
  removeCommand,
  text,
  trueOrFalse,
  whenValid,
  wholeNumber,
} from './setting.ts';

const administratorArn = text(
  'the ARN of an IAM role or user, arn:aws:iam::<account>:role/<name>',
  /^arn:aws(?:-us-gov)?:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/,
);

const keyArn = text(
  'the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>',
  /^arn:aws(?:-us-gov)?:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
);

/** The KMS key that encrypts queues, secrets and logs, and the key of alarms. */
export const StackKey = z
  .strictObject({
    arn: keyArn.optional().meta({
      description:
        'Your own KMS key, in the region of the stack, with your [key policy](iam.md#a-key-of-your-own). Default: the stack creates one with yearly rotation.',
    }),
    alarmsArn: keyArn.optional().meta({
      description:
        'Your own KMS key for the alarm topic. It must differ from `key.arn`: alarms must arrive if that key is disabled. Default: the stack creates one.',
    }),
    administrators: z
      .array(administratorArn, 'must be a list of ARNs of IAM roles and users')
      .min(1, 'must hold at least one ARN: otherwise nobody could administer the key')
      .optional()
      .meta({
        value: 'a list of ARNs of IAM roles and users',
        description:
          'The only IAM roles and users that may administer the key. Name two, and include the role that deploys: if none of them is left, only AWS Support can help. Default: those that your IAM policies allow. Not with `key.arn`.',
        insteadOf: 'key.arn',
      }),
    deletionWindowDays: wholeNumber(7, 30, 'number of days').default(30).meta({
      description:
        'Days from `pulumi destroy` to the deletion of the key. Then everything that it encrypted is lost.',
    }),
  })
  .refine(({ arn, administrators }) => arn === undefined || administrators === undefined, {
    path: ['administrators'],
    error: 'is only for a key that the stack creates: you own the policy of key.arn',
    params: { command: removeCommand(['key', 'administrators']) },
    ...whenValid(),
  })
  .refine(({ arn, alarmsArn }) => arn === undefined || arn !== alarmsArn, {
    path: ['alarmsArn'],
    error: 'is the key of key.arn: if that is disabled, no alarm arrives',
    ...whenValid(['arn'], ['alarmsArn']),
  })
  .prefault({})
  .meta({
    description: 'The KMS key that encrypts queues, secrets and logs, and the key of alarms.',
  });

/** A custom domain for the API. */
export const StackDomain = z
  .strictObject(
    {
      name: text(
        'a lower-case host name, e.g. hooks.example.com',
        /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/,
      ).meta({
        description: 'The host that the CRMs and Twilio call.',
      }),
      certificateArn: text(
        'the ARN of a certificate of ACM, arn:aws:acm:<region>:<account>:certificate/<id>',
        /^arn:aws(?:-us-gov)?:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
      ).meta({
        description: 'The certificate for that name, in the region of the stack.',
      }),
      hostedZoneId: text('the id of a hosted zone, Z…', /^Z[A-Z0-9]{1,31}$/)
        .optional()
        .meta({
          description:
            'Route 53 hosted zone that gets a record for the name. Without it, point the name to the target in the output `domain`.',
        }),
      keepApiHost: trueOrFalse().default(false).meta({
        description:
          'Whether the execute-api endpoint stays enabled, while you move the CRMs and Twilio.',
      }),
    },
    'must hold name and certificateArn, or be removed',
  )
  .optional()
  .meta({
    description:
      'Custom domain for webhooks and Twilio events. It disables the execute-api endpoint.',
  });

/** The VPC that the functions run in. */
export const StackVpc = z
  .strictObject(
    {
      subnetIds: ids('subnets', 'subnet', 16).meta({
        description: 'Private subnets with internet access (NAT), in two or more zones.',
      }),
      securityGroupIds: ids('security groups', 'sg', 5).meta({
        description: 'Security groups that allow outbound HTTPS. No inbound rule is needed.',
      }),
    },
    'must hold subnetIds and securityGroupIds, or be removed',
  )
  .optional()
  .meta({ description: 'The VPC that the functions run in.' });

const maxTags = 40;

const allowedCharacters = 'letters, digits, spaces and _.:/=+@-';

/**
 * Tags on all resources, beside `application` and `stack`. AWS allows 50 tags on a resource.
 * Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const StackTags = z
  .record(
    z
      .string()
      .regex(/^[\p{L}\p{N} _.:/=+@-]{1,128}$/u, `must have 1 to 128 ${allowedCharacters}`)
      .refine((key) => !/^aws:/i.test(key), 'must not begin with aws:'),
    z
      .string('must be text')
      .regex(/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, `must have 256 ${allowedCharacters} at most`),
    'must hold each tag by its key',
  )
  .refine((tags) => Object.keys(tags).length <= maxTags, {
    error: `must hold ${maxTags} tags at most`,
    params: { command: removeCommand(['tags', '<key>']) },
    ...whenValid(),
  })
  .refine(
    (tags) =>
      new Set(Object.keys(tags).map((key) => key.toLowerCase())).size === Object.keys(tags).length,
    {
      error: 'must not hold two keys that differ only in case: IAM treats them as one',
      params: { command: removeCommand(['tags', '<key>']) },
      ...whenValid(),
    },
  )
  .default({})
  .meta({
    value: `${maxTags} tags at most, each text by its key: ${allowedCharacters}`,
    description:
      'Tags on all resources, beside `application` and `stack`. Your own tag with one of these keys, in any case, replaces it.',
  });

/** Resources that `pulumi destroy` keeps. */
export const StackKeep = z
  .array(oneOf(['logs', 'deadLetters']), 'must be a list of logs and deadLetters')
  .default([])
  .meta({
    value: 'a list of logs and deadLetters',
    description: 'Resources that `pulumi destroy` keeps, with the KMS key that encrypts them.',
  });

/**
 * The retention periods of CloudWatch Logs, in days.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const retentionChoices = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

const retentionText = `${retentionChoices.slice(0, -1).join(', ')} or ${retentionChoices.at(-1)}`;

/** The logs of the functions and of the API. */
export const StackLogs = z
  .strictObject({
    retentionDays: z
      .literal(retentionChoices, `must be ${retentionText}`)
      .default(90)
      .meta({ value: retentionText, description: 'How many days logs are kept.' }),
  })
  .prefault({})
  .meta({ description: 'The logs of the functions and of the API.' });

function ids(what: string, prefix: string, max: number) {
  const id = text(
    `the id of one of your ${what}, ${prefix}-…`,
    new RegExp(`^${prefix}-[0-9a-f]{8,17}$`),
  );
  const value = `a list of ids of ${what}, ${prefix}-…, ${max} at most`;
  return listOf(id, max, value).min(1, `must be ${value}`);
}
