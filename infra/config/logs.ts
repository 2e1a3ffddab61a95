import * as z from 'zod';

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
