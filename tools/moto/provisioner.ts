import * as z from 'zod';
import type { Aws } from './aws.ts';

/** A resource that AWS created: its id in Pulumi's provider, and the properties that AWS added. */
interface Made {
  readonly id: string;
  readonly state?: Readonly<Record<string, unknown>>;
}

/** Creates a resource through AWS's API, from the inputs that the program registered. */
export type Provisioner = (aws: Aws, name: string, inputs: unknown) => Promise<Made>;

/**
 * Defines how to create resources of one type.
 * @param shape all inputs that the program may have. Any other input is an error, so that none is ignored
 * @param make calls AWS with the inputs. `name` is the resource's name in the program
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

/** Renames fields to the names of AWS's API. Pulumi's names begin with a lower-case letter. */
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

/** Tags in the form that most services need. */
export const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** A value that AWS always returns, although the types of its SDK say that it may be missing. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`The response of AWS does not have ${what}`);
  return value;
};
