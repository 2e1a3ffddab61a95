import { HttpError } from './failures.ts';

/** Longer than any integer of ours; keeps a number of a hundred thousand digits from being read. */
const maxIntegerLength = 32;

/** JSON.parse would round integers beyond 2^53: those become a bigint, from their own text. */
const exactIntegers = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  const source = context?.source;
  return typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    source !== undefined &&
    source.length <= maxIntegerLength &&
    /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;
};

/**
 * What a body says, with integers beyond 2^53 exact, as a bigint.
 * @throws Refusal when it is not UTF-8, not JSON, or nested thousands of levels deep.
 */
export const parseJsonBody = (body: Buffer): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), exactIntegers);
  } catch {
    // The parser's own message quotes the body.
    throw new HttpError('malformed', 'The body is not JSON in UTF-8, or is nested too deeply');
  }
};
