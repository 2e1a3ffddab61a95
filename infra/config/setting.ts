import * as z from 'zod';

// docs/configuration.md is written from the `meta` of each setting: `description`, `value` (the accepted values, as in
// its message) and `secret`. `insteadOf` names the setting with which it cannot be combined.

/** The path of a setting: its section, then keys and indexes. */
export type SettingPath = readonly PropertyKey[];

/** Text of a given form. `value` describes the form, in the message and in the documentation. */
export function text(value: string, form: RegExp) {
  return z.string(`must be ${value}`).regex(form, `must be ${value}`).meta({ value });
}

// Neither `z.int` nor `max` of an array here: if they fail, zod skips the rules of every schema around them.

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number, noun = 'number') {
  const value = `a whole ${noun}, ${min} to ${max}`;
  const message = `must be ${value}`;
  return z
    .number(message)
    .multipleOf(1, message)
    .min(min, message)
    .max(max, message)
    .meta({ value });
}

/** A boolean. */
export function trueOrFalse() {
  return z.boolean('must be true or false').meta({ value: 'true or false' });
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const value = words.join(' or ');
  return z.enum(words, `must be ${value}`).meta({ value });
}

/** An https URL without user name and password, because it appears where secrets must not be. */
export function httpsUrl(value: string, maxLength: number) {
  return z
    .url({ protocol: /^https$/, error: `must be ${value}` })
    .max(maxLength, `must not have more than ${maxLength} characters`)
    .refine((url) => {
      const parsed = URL.parse(url);
      return parsed === null || (parsed.username === '' && parsed.password === '');
    }, 'must not hold a user name or a password')
    .meta({ value });
}

/** A list with a maximum length. */
export function listOf<Element extends z.ZodType>(
  element: Element,
  maxItems: number,
  value: string,
) {
  return z
    .array(element, `must be ${value}`)
    .refine((list) => list.length <= maxItems, {
      error: `must be ${value}`,
      params: { most: maxItems },
    })
    .meta({ value });
}

/** A path in Pulumi's notation, e.g. `sources.zendesk.signingSecrets[0]`. */
export function configPath(path: SettingPath): string {
  return path.map(pathSegment).join('').replace(/^\./, '');
}

/** Text quoted as one word of a shell. */
export function shellQuote(text: string): string {
  return /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The command that sets a setting. With `--path`, Pulumi parses numbers and booleans, unless the type is
 * `string`.
 * Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export function setCommand(path: SettingPath, value = '<value>', type?: 'string'): string {
  return `pulumi config set ${type === undefined ? '' : `--type ${type} `}--path ${quotedPath(path)} ${value}`;
}

/**
 * The command that sets an encrypted setting. It asks for the value, so that the shell history does not contain it.
 */
export function setSecretCommand(path: SettingPath): string {
  return `pulumi config set --secret --path ${quotedPath(path)}`;
}

export function removeCommand(path: SettingPath): string {
  return `pulumi config rm --path ${quotedPath(path)}`;
}

/**
 * Lets a rule about some settings of an object run if these settings are valid, even if others are not. By default,
 * zod runs a rule only after all other problems are fixed.
 * @param settings the settings that the rule reads; none if it only checks which settings exist
 */
export function whenValid(...settings: readonly SettingPath[]) {
  return {
    when: ({ issues }: z.core.ParsePayload): boolean =>
      !issues.some(
        (issue) =>
          settings.some((setting) => isIssueIn(setting, issue)) ||
          (issue.code !== 'unrecognized_keys' && (issue.path ?? []).length === 0),
      ),
  };
}

/**
 * A signing secret, or a list of several during a rotation. The result is always a list.
 * @param problemOf the problem of a secret, or undefined; never quotes it
 * @param expected message if there is no secret
 */
export function oneOrMoreSecrets(
  problemOf: (secret: string) => string | undefined,
  expected: string,
) {
  const one = z
    .string('must be text')
    .trim()
    .superRefine((secret, context) => {
      const problem = problemOf(secret);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });
  const several = z.array(one, expected).min(1, expected);

  return z.unknown().transform((given, context): readonly string[] => {
    const parsed =
      typeof given === 'string'
        ? one.transform((secret) => [secret]).safeParse(given)
        : several.safeParse(given);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
}

/** One key of a path, as `pulumi config set --path` reads it. */
function pathSegment(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
}

function quotedPath(path: SettingPath): string {
  return `'${configPath(path).replaceAll("'", "'\\''")}'`;
}

/** Whether an issue is about a setting, or about a value that contains the setting. */
function isIssueIn(setting: SettingPath, { code, path = [] }: z.core.$ZodRawIssue): boolean {
  return (
    code !== 'unrecognized_keys' &&
    path.every((key, index) => index >= setting.length || key === setting[index])
  );
}
