type Path = readonly PropertyKey[];

/** One key of a path as `pulumi config set --path` reads it. */
const step = (key: PropertyKey): string => {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
};

/** A setting's path as Pulumi writes it, e.g. `sources.zendesk.signingSecrets[0]`. */
export const configPath = (path: Path): string => path.map(step).join('').replace(/^\./, '');

/** Text as one word of a shell. */
export const shellWord = (text: string): string =>
  /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const quoted = (path: Path): string => `'${configPath(path).replaceAll("'", "'\\''")}'`;

/**
 * Sets a setting to what stands in its place. With `--path`, Pulumi makes a number or true or false of
 * what looks like one, unless it is told that it is text.
 * Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
export const setCommand = (path: Path, value = '<value>', type?: 'string'): string =>
  `pulumi config set ${type === undefined ? '' : `--type ${type} `}--path ${quoted(path)} ${value}`;

/** Encrypts a setting: it asks for the value, which so comes into no shell's history. */
export const setSecretCommand = (path: Path): string =>
  `pulumi config set --secret --path ${quoted(path)}`;

export const removeCommand = (path: Path): string => `pulumi config rm --path ${quoted(path)}`;
