import * as z from 'zod';

/**
 * Longest attributes of a Task, white space included. Twilio's page says characters; whether it means
 * UTF-16 units, as counted here, code points or bytes is not documented.
 * Source: https://www.twilio.com/docs/taskrouter/limits
 */
export const maximumAttributes = 4096;

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** The attributes of a Task as they come: the text of a JSON object, kept as it is. */
export const AttributesText = z
  .string()
  .max(maximumAttributes, `must not be longer than ${maximumAttributes} characters`)
  .refine(isJsonObject, 'must be the text of a JSON object');
