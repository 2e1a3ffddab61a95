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
 * @param Inputs all that the program may give, strictly, so that no input of it is passed over
 * @param make calls AWS with them; `name` is what Pulumi calls the resource
 */
export const provisioner =
  <Inputs>(
    Inputs: z.ZodType<Inputs>,
    make: (aws: Aws, inputs: Inputs, name: string) => Promise<Made>,
  ): Provisioner =>
  (aws, name, inputs) =>
    make(aws, Inputs.parse(inputs), name);

/** A name with the seven random characters that Pulumi ends it with; the same ones always. */
export const physicalName = (name: string): string => `${name}-0a1b2c3`;

export const Tags = z.record(z.string(), z.string());

/** Tags as most services take them. */
export const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Tags as most services tell them. */
export const tagsOf = (
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
) => Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));

/** What AWS always answers with, though its SDK's types leave it open. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`AWS answered without ${what}`);
  return value;
};
