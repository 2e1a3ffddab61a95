import { parseStackConfig, type StackConfig } from '../../../infra/config/stack-config.ts';
import { StackConfigError } from '../../../infra/config/stack-config-error.ts';
import { bad, ok, type Told } from '../finding.ts';
import type { PulumiConfig } from './pulumi-config.ts';

/** As Pulumi.yaml has it. */
const project = 'crm-media-sync';

export interface ReadConfig {
  /** Where it is a whole one. */
  readonly config?: StackConfig;
  readonly told: readonly Told[];
}

/** A stack's own name, without the organisation and the project that Pulumi Cloud puts before it. */
const ownName = (stack: string): string => stack.slice(stack.lastIndexOf('/') + 1);

/** Reads a stack's configuration as its program does, and tells what is wrong with it, quoting nothing. */
export const readConfig = (values: PulumiConfig, stack: string): ReadConfig => {
  const entries = Object.entries(values);
  const texts = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  const secretKeys = new Set(entries.filter(([, { secret }]) => secret).map(([key]) => key));
  try {
    const config = parseStackConfig(project, texts, secretKeys, ownName(stack));
    const names = Object.keys(config.sources).join(', ');
    return { config, told: [{ about: project, ...ok(`can be deployed, with ${names}`) }] };
  } catch (error) {
    if (!(error instanceof StackConfigError)) throw error;
    return {
      told: error.problems.map(({ path, message, command }) => ({
        about: path,
        ...bad(message, command),
      })),
    };
  }
};
