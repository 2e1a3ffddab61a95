import * as z from 'zod';

/**
 * A setting that is an id of digits. `pulumi config set --path` stores it as a number.
 * See https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export function numericIdSetting(description: string) {
  return z
    .union([z.string(), z.int()], `must be ${description}`)
    .transform(String)
    .pipe(z.string().regex(/^[0-9]{1,20}$/, `must be ${description}`));
}

/** A setting that is the API name of a field of Case. */
export const salesforceField = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,79}$/,
    'must be the API name of a field of Case, e.g. Twilio_Conversation_SID__c',
  );
