import * as z from 'zod';
import { httpsUrl } from './setting.ts';

const maxRunbookUrlLength = 200;

/** Who is told of alarms, and where it says what to do. */
export const StackAlarms = z
  .strictObject({
    email: z.email('must be an e-mail address').optional().meta({
      value: 'an e-mail address',
      description:
        'Who is told of alarms; AWS first asks that address for its consent. Unset: nobody. What else is to be told (a pager, a chat) subscribes to the topic of the output `alarmTopicArn`.',
      example: 'oncall@example.com',
    }),
    runbookUrl: httpsUrl(
      `an https URL of ${maxRunbookUrlLength} characters at most, without a fragment`,
      maxRunbookUrlLength,
    )
      .refine((url) => !url.includes('#'), 'must not hold a fragment')
      .default('docs/runbook.md')
      .meta({
        description:
          'Where your copy of docs/runbook.md is shown. Each alarm ends with it and the heading that is about it; by default that is the file itself.',
        example: 'https://github.com/acme/crm-media-sync/blob/main/docs/runbook.md',
      }),
  })
  .prefault({})
  .meta({ description: 'Who is told when something is amiss, and where it says what to do.' });
