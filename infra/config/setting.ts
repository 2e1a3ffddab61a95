import * as z from 'zod';

// What docs/configuration.md tells of a setting stands in its `meta`: `description`, `value` (what it takes, as its
// message says it), `example` (for its command, where there is no default), `secret` and `insteadOf`.

/** Text of a form. `value` says which: it is the message and the documentation alike. */
export function text(value: string, form: RegExp) {
  return z.string(`must be ${value}`).regex(form, `must be ${value}`).meta({ value });
}

// Neither `z.int` nor `max` of an array here: where they fail, zod asks no more rules of all that they are part of.

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

/** Whether something is so. */
export function trueOrFalse() {
  return z.boolean('must be true or false').meta({ value: 'true or false' });
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const value = words.join(' or ');
  return z.enum(words, `must be ${value}`).meta({ value });
}

/** A URL by https, of so many characters at most. It comes to stand where secrets must not. */
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

/** A list of some length at most. */
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

type SettingPath = readonly PropertyKey[];

/** A setting's path as Pulumi writes it, e.g. `sources.zendesk.signingSecrets[0]`. */
export function configPath(path: SettingPath): string {
  return path.map(pathSegment).join('').replace(/^\./, '');
}

/** Text as one word of a shell. */
export function shellQuote(text: string): string {
  return /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Sets a setting to what stands in its place. With `--path`, Pulumi makes a number or true or false of
 * what looks like one, unless it is told that it is text.
 * Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export function setCommand(path: SettingPath, value = '<value>', type?: 'string'): string {
  return `pulumi config set ${type === undefined ? '' : `--type ${type} `}--path ${quotedPath(path)} ${value}`;
}

/** Encrypts a setting: it asks for the value, which so comes into no shell's history. */
export function setSecretCommand(path: SettingPath): string {
  return `pulumi config set --secret --path ${quotedPath(path)}`;
}

export function removeCommand(path: SettingPath): string {
  return `pulumi config rm --path ${quotedPath(path)}`;
}

type ConfigPath = readonly PropertyKey[];

/**
 * When a rule about some settings of an object speaks: wherever these are right, whatever is wrong with
 * others. Without it zod would be silent about the rule until all else is mended. A rule about whether
 * settings are there names none.
 */
export function whenValid(...settings: readonly ConfigPath[]) {
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
 * A secret that others sign with: one, or several while one is rotated out. It gives a list always.
 * @param problemOf what is wrong with a secret, if anything; never quotes it
 * @param expected what is said where there is none
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

/** One key of a path as `pulumi config set --path` reads it. */
function pathSegment(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
}

function quotedPath(path: SettingPath): string {
  return `'${configPath(path).replaceAll("'", "'\\''")}'`;
}

/** Whether a mistake is in a setting, or in something that the setting is part of. */
function isIssueIn(setting: ConfigPath, { code, path = [] }: z.core.$ZodRawIssue): boolean {
  return (
    code !== 'unrecognized_keys' &&
    path.every((key, index) => index >= setting.length || key === setting[index])
  );
}
