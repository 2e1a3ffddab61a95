import * as z from 'zod';
import { whenValid } from './about.ts';
import { removeCommand } from './commands.ts';
import { text, wholeNumber } from './setting.ts';

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
