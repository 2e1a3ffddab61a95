import * as z from 'zod';
import type { Aws } from './aws.ts';

/** What AWS made: its id as Pulumi's provider has it, and what AWS answered beyond what it was given. */
export interface Made {
  readonly id: string;
  readonly state?: Readonly<Record<string, unknown>>;
}

/** Makes a resource through AWS's own API, of what the program registered. */
export type Provisioner = (aws: Aws, name: string, inputs: unknown) => Promise<Made>;

/**
 * How one type of resource is made.
 * @param shape all inputs that the program may give: another input is an error, so that none is ignored
 * @param make calls AWS with them; `name` is the resource's name in the program
 */
export function provisioner<Shape extends z.ZodRawShape>(
  shape: Shape,
  make: (aws: Aws, inputs: z.infer<z.ZodObject<Shape>>, name: string) => Promise<Made>,
): Provisioner {
  const Inputs = z.strictObject(shape);
  return (aws, name, inputs) => make(aws, Inputs.parse(inputs), name);
}

type Capitalized<Fields> = {
  [Key in keyof Fields as Key extends string ? Capitalize<Key> : never]: Fields[Key];
};

/** Fields with the names that AWS's API has for them: Pulumi's names begin with a lower-case letter. */
export function capitalize<Fields extends object>(fields: Fields): Capitalized<Fields>;
export function capitalize(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key.charAt(0).toUpperCase() + key.slice(1),
      value,
    ]),
  );
}

export const physicalName = (name: string): string => `${name}-0a1b2c3`;

export const Tags = z.record(z.string(), z.string());

/** Tags as most services take them. */
export const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** What AWS always answers with, though its SDK's types leave it open. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`AWS answered without ${what}`);
  return value;
};
