import type * as z from 'zod';

type ConfigPath = readonly PropertyKey[];

/** Whether a mistake is in a setting, or in something that the setting is part of. */
const isIssueIn = (setting: ConfigPath, { code, path = [] }: z.core.$ZodRawIssue): boolean =>
  code !== 'unrecognized_keys' &&
  path.every((key, index) => index >= setting.length || key === setting[index]);

/**
 * When a rule about some settings of an object speaks: wherever these are right, whatever is wrong with
 * others. Without it zod would be silent about the rule until all else is mended. A rule about whether
 * settings are there names none.
 */
export const whenValid = (...settings: readonly ConfigPath[]) => ({
  when: ({ issues }: z.core.ParsePayload): boolean =>
    !issues.some(
      (issue) =>
        settings.some((setting) => isIssueIn(setting, issue)) ||
        (issue.code !== 'unrecognized_keys' && (issue.path ?? []).length === 0),
    ),
});
