import * as z from 'zod';

const suffixLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

const invalidId =
  'must be a Salesforce id of 15 or 18 characters, with its capitals as Salesforce has them';

/**
 * The id of a Salesforce record, with 15 or 18 characters, parsed to its form of 18: both forms name the
 * same record, which must have one key here.
 */
export const SalesforceId = z.string(invalidId).transform((text, context) => {
  const id = text.slice(0, 15);
  if (/^[A-Za-z0-9]{15}$/.test(id)) {
    const whole = id + suffixOf(id);
    if (text === id || text === whole) return whole;
  }
  context.addIssue({ code: 'custom', message: invalidId });
  return z.NEVER;
});

/**
 * Whether a record is a Case, by the first three characters of its id.
 * Source: https://help.salesforce.com/HTViewSolution?urlname=Standard-Field-Record-ID-Prefix-Decoder
 */
export function isCaseId(id: string): boolean {
  return id.startsWith('500');
}

/**
 * The three characters that make an id of 15 characters one of 18. Each encodes which of five letters are
 * capitals, the first with 1, the second with 2, the third with 4, and so on.
 * Source: https://codebycody.com/salesforces-algorithm-for-converting-ids-from-15-to-18-characters
 */
function suffixOf(id: string): string {
  return [0, 5, 10]
    .map((start) => {
      const capitals = [...id.slice(start, start + 5)].map((letter) => /[A-Z]/.test(letter));
      const sum = capitals.reduce(
        (bits, isCapital, place) => bits + (isCapital ? 2 ** place : 0),
        0,
      );
      return suffixLetters.charAt(sum);
    })
    .join('');
}
