import * as z from 'zod';

/** A value that JSON can contain. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * A number that keeps its original text, because a double cannot represent it. It is ECMAScript's `JSON.rawJSON`.
 */
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
 * Parses JSON without changing any number. If a double would round a number (an id of 20 digits) or write it in
 * another way (`1.0`), `JSON.stringify` writes it exactly as it was.
 * @throws SyntaxError if the text is not JSON
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

/** A text that is the same for values with the same meaning: keys are in order, and there is no white space. */
export function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}

/** Whether two values are equal. The order of their keys does not matter. */
export function sameMeaning(one: Json, other: Json): boolean {
  return canonical(one) === canonical(other);
}

/**
 * The value at a dotted name, as text. A number keeps its digits. Only own properties are read.
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

/** A text that contains JSON of the given shape. Errors do not quote the text. */
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
