import { parseStackConfig, type StackConfig } from '../../../infra/config/stack-config.ts';
import { StackConfigError } from '../../../infra/config/stack-config-error.ts';
import { failed, ok, type Observation } from '../finding.ts';
import type { PulumiConfig } from './pulumi-config.ts';

/** As Pulumi.yaml has it. */
const project = 'crm-media-sync';

export interface ParsedConfig {
  /** Where it is a whole one. */
  readonly config?: StackConfig;
  readonly observations: readonly Observation[];
}

/** A stack's own name, without the organisation and the project that Pulumi Cloud puts before it. */
const shortStackName = (stack: string): string => stack.slice(stack.lastIndexOf('/') + 1);

/** Reads a stack's configuration as its program does, and tells what is wrong with it, quoting nothing. */
export const parseConfig = (values: PulumiConfig, stack: string): ParsedConfig => {
  const entries = Object.entries(values);
  const texts = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  const secretKeys = new Set(entries.filter(([, { secret }]) => secret).map(([key]) => key));
  try {
    const config = parseStackConfig(project, texts, secretKeys, shortStackName(stack));
    const names = Object.keys(config.sources).join(', ');
    return { config, observations: [{ about: project, ...ok(`can be deployed, with ${names}`) }] };
  } catch (error) {
    if (!(error instanceof StackConfigError)) throw error;
    return {
      observations: error.problems.map(({ path, message, command }) => ({
        about: path,
        ...failed(message, command),
      })),
    };
  }
};
