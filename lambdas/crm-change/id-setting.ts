import * as z from 'zod';

/**
 * A setting that is an id in digits. `pulumi config set --path` makes a number of it.
 * See https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export const numericIdSetting = (description: string) =>
  z
    .union([z.string(), z.int()], `must be ${description}`)
    .transform(String)
    .pipe(z.string().regex(/^[0-9]{1,20}$/, `must be ${description}`));
