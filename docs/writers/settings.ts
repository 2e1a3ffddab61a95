import * as z from 'zod';
import { StackConfig } from '../../infra/config/stack-config.ts';

/** What is told of a setting. */
export const SettingDocs = z.object({
  /** What it is for. */
  description: z.string(),
  /** What it takes. */
  value: z.string(),
  default: z.unknown().optional(),
  /** For its command, where that should not be the default. */
  example: z.unknown().optional(),
  /** Whether it is to be encrypted. */
  secret: z.boolean().optional(),
  /** The setting beside which it cannot stand. */
  insteadOf: z.string().optional(),
});

export type SettingDocs = z.output<typeof SettingDocs>;

export interface Setting extends SettingDocs {
  readonly path: readonly string[];
  /** Whether it has to be set, at least where its section is there. */
  readonly required: boolean;
}

export interface Section {
  readonly name: string;
  readonly description: string;
  /** Whether it may be left out although it has settings that are required. */
  readonly optional: boolean;
  readonly settings: readonly Setting[];
}

const SchemaDocs = z.union([
  z.object({ description: z.string(), properties: z.record(z.string(), SettingDocs) }),
  SettingDocs,
]);

/** Every section but the sources, whose settings are their kinds': each with all its settings. */
export function sections(): readonly Section[] {
  return Object.entries(StackConfig.shape)
    .filter(([name]) => name !== 'sources')
    .map(sectionOf);
}

/** What the sources are. */
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
  // What a section without any settings is told to lack, or comes to.
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
