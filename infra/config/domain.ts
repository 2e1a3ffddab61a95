import * as z from 'zod';
import { text, trueOrFalse } from './setting.ts';

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
