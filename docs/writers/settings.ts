import * as z from 'zod';
import { StackConfig } from '../../infra/config/stack-config.ts';

/** The documentation of a setting. */
export const SettingDocs = z.object({
  /** Its purpose. */
  description: z.string(),
  /** The accepted values. */
  value: z.string(),
  default: z.unknown().optional(),
  /** Of a setting of one kind: the value in the commands that create a source. */
  example: z.unknown().optional(),
  /** Whether it must be encrypted. */
  secret: z.boolean().optional(),
  /** The setting with which it cannot be combined. */
  insteadOf: z.string().optional(),
});

export type SettingDocs = z.output<typeof SettingDocs>;

export interface Setting extends SettingDocs {
  path: readonly string[];
  /** Whether it is required, at least if its section is set. */
  required: boolean;
}

export interface Section {
  name: string;
  description: string;
  /** Whether it may be missing although it has required settings. */
  optional: boolean;
  settings: readonly Setting[];
}

const SchemaDocs = z.union([
  z.object({ description: z.string(), properties: z.record(z.string(), SettingDocs) }),
  SettingDocs,
]);

/** Every section with its settings, except `sources`, whose settings depend on the kind. */
export function sections(): readonly Section[] {
  return Object.entries(StackConfig.shape)
    .filter(([name]) => name !== 'sources')
    .map(sectionOf);
}

/** The description of the section `sources`. */
export function sourcesDescription(): string {
  return StackConfig.shape.sources.meta()?.description ?? '';
}

function sectionOf([name, schema]: readonly [string, z.ZodType]): Section {
  const described = SchemaDocs.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  const { description } = described;
  if (!('properties' in described)) {
    const single = { ...described, path: [name], required: false };
    return { name, description, optional: false, settings: [single] };
  }
  // An empty section shows the required settings, or else the defaults.
  const { data, error } = schema.safeParse({});
  const missing = new Set(error?.issues.map(({ path }) => path[0]));
  const settings = Object.entries(described.properties).map(([key, words]) => ({
    default: Object(data)[key],
    ...words,
    path: [name, key],
    required: missing.has(key),
  }));
  const optional = missing.size > 0 && schema.safeParse(undefined).success;
  return { name, description, optional, settings };
}
