type SettingPath = readonly PropertyKey[];

/** One key of a path as `pulumi config set --path` reads it. */
const pathSegment = (key: PropertyKey): string => {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
};

/** A setting's path as Pulumi writes it, e.g. `sources.zendesk.signingSecrets[0]`. */
export const configPath = (path: SettingPath): string => path.map(pathSegment).join('').replace(/^\./, '');

/** Text as one word of a shell. */
export const shellQuote = (text: string): string =>
  /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const quotedPath = (path: SettingPath): string => `'${configPath(path).replaceAll("'", "'\\''")}'`;

/**
 * Sets a setting to what stands in its place. With `--path`, Pulumi makes a number or true or false of
 * what looks like one, unless it is told that it is text.
 * Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export const setCommand = (path: SettingPath, value = '<value>', type?: 'string'): string =>
  `pulumi config set ${type === undefined ? '' : `--type ${type} `}--path ${quotedPath(path)} ${value}`;

/** Encrypts a setting: it asks for the value, which so comes into no shell's history. */
export const setSecretCommand = (path: SettingPath): string =>
  `pulumi config set --secret --path ${quotedPath(path)}`;

export const removeCommand = (path: SettingPath): string => `pulumi config rm --path ${quotedPath(path)}`;
