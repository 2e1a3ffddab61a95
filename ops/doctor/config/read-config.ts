import { RunError } from '@pulumi/pulumi/errors.js';
import { parseStackConfig, type StackConfig } from '../../../infra/config/stack-config.ts';
import { bad, ok, type Told } from '../finding.ts';
import type { PulumiConfig } from './pulumi-config.ts';

/** As Pulumi.yaml has it. */
const project = 'crm-media-sync';

export interface ReadConfig {
  /** Where it is a whole one. */
  readonly config?: StackConfig;
  readonly told: readonly Told[];
}

/** A problem as the stack's program tells it: where, what, and on a line of its own what mends it. */
const problem = /^- (?<about>\S+): (?<finding>.*)\n {4}(?<next>.*)$/gm;

const problemsOf = (message: string): readonly Told[] => {
  const told = [...message.matchAll(problem)].map(({ groups = {} }): Told => {
    const { about = '', finding = '', next = '' } = groups;
    return { about, ...bad(finding, next) };
  });
  return told.length > 0 ? told : [{ about: project, ...bad(message, 'See Pulumi.example.yaml.') }];
};

/** The keys that hold secrets, each with how one of them is encrypted. */
const secretKeys: Readonly<Record<string, string>> = {
  sources: "pulumi config set --secret --path 'sources.<name>.signingSecrets[0]'",
  twilio: 'pulumi config set --secret --path twilio.apiSecret, and the same for twilio.authToken',
};

const holdsSecrets = ({ sources }: StackConfig, key: string): boolean =>
  key !== 'sources' ||
  Object.values(sources).some(({ signingSecrets }) => signingSecrets.length > 0);

const plainText = (config: StackConfig, values: PulumiConfig): readonly Told[] =>
  Object.entries(secretKeys).flatMap(([key, command]): Told[] => {
    const isPlain = values[`${project}:${key}`]?.secret === false;
    if (!isPlain || !holdsSecrets(config, key)) return [];
    return [
      {
        about: key,
        ...bad(
          "its secrets stand in the stack's file in plain text",
          `Renew them, then ${command}`,
        ),
      },
    ];
  });

/** Reads a stack's configuration as its program does, and tells what is wrong with it, quoting nothing. */
export const readConfig = (values: PulumiConfig): ReadConfig => {
  const texts = Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value]));
  try {
    const config = parseStackConfig(project, texts);
    const names = Object.keys(config.sources).join(', ');
    const told = [
      { about: project, ...ok(`can be deployed, with ${names}`) },
      ...plainText(config, values),
    ];
    return { config, told };
  } catch (error) {
    if (!RunError.isInstance(error)) throw error;
    return { told: problemsOf(error.message) };
  }
};
