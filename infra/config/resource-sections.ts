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

/** The key that queues, secrets, logs and alarms are encrypted with. */
export const StackKey = z
  .strictObject({
    arn: text(
      'the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>',
      /^arn:aws(?:-us-gov)?:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
    )
      .optional()
      .meta({
        description:
          'A key of yours, in the region of the stack; its policy is yours as well. Unset: the stack makes one, which AWS renews every year.',
        example: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666',
      }),
    administrators: z
      .array(administratorArn, 'must be a list of ARNs of IAM roles and users')
      .min(1, 'must hold one ARN at least: without it nobody could administer the key')
      .optional()
      .meta({
        value: 'a list of ARNs of IAM roles and users',
        description:
          "Who alone may administer the key of the stack; whoever deploys has to be among them. Unset: whom the account's IAM policies let. Not beside `key.arn`.",
        example: ['arn:aws:iam::123456789012:role/platform'],
        insteadOf: 'key.arn',
      }),
    deletionWindowDays: wholeNumber(7, 30, 'number of days').default(30).meta({
      description:
        'How long the key can be called back after the stack is destroyed; then it is gone, with all that it encrypted.',
    }),
  })
  .refine(({ arn, administrators }) => arn === undefined || administrators === undefined, {
    path: ['administrators'],
    error: 'is for a key that the stack makes: the policy of key.arn is yours',
    params: { command: removeCommand(['key', 'administrators']) },
    ...whenValid(),
  })
  .prefault({})
  .meta({ description: 'The KMS key that queues, secrets, logs and alarms are encrypted with.' });

/** A host of yours in place of the API's own. */
export const StackDomain = z
  .strictObject(
    {
      name: text(
        'a lower-case host name, e.g. hooks.example.com',
        /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/,
      ).meta({
        description: 'The host that the CRMs and Twilio call.',
        example: 'hooks.example.com',
      }),
      certificateArn: text(
        'the ARN of a certificate of ACM, arn:aws:acm:<region>:<account>:certificate/<id>',
        /^arn:aws(?:-us-gov)?:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
      ).meta({
        description: 'The certificate for that name, in the region of the stack.',
        example:
          'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d-1111-2222-3333-444455556666',
      }),
      hostedZoneId: text('the id of a hosted zone, Z…', /^Z[A-Z0-9]{1,31}$/)
        .optional()
        .meta({
          description:
            'The zone of Route 53 that the name is written to. Unset: you point the name at what the output `domain` says.',
          example: 'Z0123456789ABCDEFGHIJ',
        }),
      keepApiHost: trueOrFalse().default(false).meta({
        description:
          "Whether the API's own host stays open beside it: for the time in which the CRMs and Twilio are pointed at the new one.",
      }),
    },
    'must hold name and certificateArn, or not be there',
  )
  .optional()
  .meta({
    description:
      "A host of yours for the webhooks and Twilio's events. The API's own, `….execute-api.….amazonaws.com`, is closed then, unless it is kept.",
  });

/** The network that the functions run in, where it is not Lambda's own. */
export const StackVpc = z
  .strictObject(
    {
      subnetIds: ids('subnets', 'subnet', 16).meta({
        description:
          'Private subnets with a way out to the internet, in two zones or more: Twilio is there, and without endpoints in the VPC the services of AWS are as well.',
        example: ['subnet-0a1b2c3d4e5f60718', 'subnet-1b2c3d4e5f6071829'],
      }),
      securityGroupIds: ids('security groups', 'sg', 5).meta({
        description: 'They have to let HTTPS out; nothing has to come in.',
        example: ['sg-0a1b2c3d4e5f60718'],
      }),
    },
    'must hold subnetIds and securityGroupIds, or not be there',
  )
  .optional()
  .meta({ description: "The network that the functions run in. Unset: Lambda's own, no VPC." });

const maxTags = 40;

const allowedCharacters = 'letters, digits, spaces and _.:/=+@-';

/**
 * What all that is made is tagged with, beside `application` and `stack`. AWS takes 50 tags of a resource.
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
      error: 'must not hold two keys that differ in case alone: IAM takes them for one',
      params: { command: removeCommand(['tags', '<key>']) },
      ...whenValid(),
    },
  )
  .default({})
  .meta({
    value: `${maxTags} tags at most, each text by its key: ${allowedCharacters}`,
    description:
      'Tags on all that is made, beside `application` and `stack`, which are there by themselves. One of yours by such a name, in whatever case, takes its place.',
    example: { 'cost-center': 'contact-center' },
  });

/** What stays where it is when the stack is destroyed; the key that it is encrypted with stays with it. */
export const StackKeep = z
  .array(oneOf(['logs', 'deadLetters']), 'must be a list of logs and deadLetters')
  .default([])
  .meta({
    value: 'a list of logs and deadLetters',
    description:
      'What stays where it is when the stack is destroyed; the key that it is encrypted with stays with it.',
    example: ['logs', 'deadLetters'],
  });

/**
 * The days that CloudWatch Logs can keep logs for.
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
