import { configPath, setSecretCommand } from './commands.ts';
import type { ConfigProblem } from './problems.ts';

type SecretPath = readonly PropertyKey[];
type Sections = Readonly<Record<string, unknown>>;

const get = (value: unknown, key: string): unknown => Object(value)[key];

/** What there is of a secret that stands alone, or in a list while it is rotated. */
const secretPaths = (path: SecretPath, value: unknown): readonly SecretPath[] => {
  if (Array.isArray(value)) return value.flatMap((each, index) => secretPaths([...path, index], each));
  return value === undefined || value === null || value === '' ? [] : [path];
};

/** Where the secrets of each key stand. */
const secretsOf: Readonly<Record<string, (section: unknown) => readonly SecretPath[]>> = {
  sources: (sources) =>
    Object.entries(Object(sources)).flatMap(([name, source]) =>
      secretPaths(['sources', name, 'signingSecrets'], get(source, 'signingSecrets')),
    ),
  twilio: (twilio) =>
    ['apiSecret', 'authToken'].flatMap((key) => secretPaths(['twilio', key], get(twilio, key))),
};

/**
 * The secrets of a configuration that were not encrypted.
 * @param isSecret whether Pulumi holds something of a key encrypted: it does not say of which setting
 */
export const unencryptedSecrets = (
  sections: Sections,
  isSecret: (key: string) => boolean,
): readonly ConfigProblem[] =>
  Object.entries(secretsOf)
    .filter(([key]) => !isSecret(key))
    .flatMap(([key, paths]) => paths(sections[key]))
    .map((path) => ({
      path: configPath(path),
      message:
        "stands in the stack's file in plain text: take it for known, have another one made where it comes from, and store that",
      command: setSecretCommand(path),
    }));
