import * as z from 'zod';

/** Data as JSON knows it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** A number kept as it was spelt, because a double cannot hold it. ECMAScript's `JSON.rawJSON`. */
interface RawJson {
  rawJSON: string;
}

declare global {
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * Reads JSON without changing any number: one that a double would round (an id of 20 digits) or
 * respell (`1.0`) is written back letter for letter by `JSON.stringify`.
 * @throws SyntaxError when the text is not JSON.
 */
export function parseJson(text: string): Json {
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? JSON.rawJSON(source)
      : value,
  ) as Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
  );
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** One text for one meaning: keys in order, no white space. */
export function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}

/** Whether two values are equal but for the order of their keys. */
export function sameMeaning(one: Json, other: Json): boolean {
  return canonical(one) === canonical(other);
}

/**
 * The value at a dotted name, as text; a number keeps its digits. Reads own properties only.
 * @returns undefined if there is none, or if it is neither text nor a number
 */
export function textAt(value: Json, name: string): string | undefined {
  const found = name
    .split('.')
    .reduce<Json | undefined>(
      (holder, key) => (isObject(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined),
      value,
    );
  if (typeof found === 'string') return found;
  if (typeof found === 'number') return String(found);
  return JSON.isRawJSON(found) ? found.rawJSON : undefined;
}

/** Text that holds JSON of the given shape. Its errors do not quote the text. */
export function jsonText<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
