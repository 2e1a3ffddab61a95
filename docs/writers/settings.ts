import * as z from 'zod';
import { StackConfig } from '../../infra/config/stack-config.ts';

/** What is told of a setting. */
export const Words = z.object({
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
export type Words = z.output<typeof Words>;

export interface Setting extends Words {
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

const Described = z.union([
  z.object({ description: z.string(), properties: z.record(z.string(), Words) }),
  Words,
]);

const sectionOf = ([name, schema]: readonly [string, z.ZodType]): Section => {
  const described = Described.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  const { description } = described;
  if (!('properties' in described)) {
    const only = { ...described, path: [name], required: false };
    return { name, description, optional: false, settings: [only] };
  }
  // What a section without any settings is told to lack, or comes to.
  const { data, error } = schema.safeParse({});
  const lacked = new Set(error?.issues.map(({ path }) => path[0]));
  const settings = Object.entries(described.properties).map(([key, words]) => ({
    default: Object(data)[key],
    ...words,
    path: [name, key],
    required: lacked.has(key),
  }));
  const optional = lacked.size > 0 && schema.safeParse(undefined).success;
  return { name, description, optional, settings };
};

/** Every section but the sources, whose settings are their kinds': each with all its settings. */
export const sections = (): readonly Section[] =>
  Object.entries(StackConfig.shape)
    .filter(([name]) => name !== 'sources')
    .map(sectionOf);

/** What the sources are. */
export const sourcesDescription = (): string => StackConfig.shape.sources.meta()?.description ?? '';
