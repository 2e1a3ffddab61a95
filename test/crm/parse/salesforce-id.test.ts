import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SalesforceId } from '../../../shared/crm/parse/salesforce-id.ts';

const read = (id: unknown) => SalesforceId.safeParse(id).data;

describe('an id of Salesforce', () => {
  // Of events and examples that others have published.
  it.each([
    ...['50025000009vJE9AAM', '5007000000OFL5FAAX', '500x000000003TRAAY', '0054J000000g1dGQAQ'],
    ...['0012500001DNi0FAAT', '00D20000000nq5gEAA', '00D9E0000004jvhUAA', '0YLQv00000000zJOAQ'],
    ...['0YLUD00000008Ll4AI', '00D5f000005KcCnEAK', '0015f00002JUZPcAAP', '003ak00000IiFInAAN'],
    ...['001bm000016htgPAAQ', 'a0D30000001n7PiEAI', '0019000000B98deAAB', '000000000000000AAA'],
  ])('%s is the same with 15 characters', (id) => {
    expect(read(id)).toBe(id);
    expect(read(id.slice(0, 15))).toBe(id);
  });

  it('with other capitals is another', () => {
    expect(read('500x000000003tr')).toBe('500x000000003trAAA');
    expect(read('500X000000003TR')).toBe('500X000000003TRIAY');
  });

  it('has three characters at its end that encode its capitals', () => {
    const letters = fc.array(fc.boolean(), { minLength: 15, maxLength: 15 });
    const withCapitals = (places: readonly boolean[]) =>
      places.map((isCapital) => (isCapital ? 'A' : 'a')).join('');
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const [a, b] = [withCapitals(one), withCapitals(other)];
        expect(read(a)?.slice(15) === read(b)?.slice(15)).toBe(a === b);
        expect(read(read(a))).toBe(read(a));
      }),
    );
  });

  it.each([
    ['with a last letter that does not fit', '50025000009vJE9AAN'],
    ['in capitals', '50025000009VJE9AAM'],
    ['in small letters', '50025000009vje9aam'],
    ['of 14 characters', '50025000009vJE'],
    ['of 16 characters', '50025000009vJE9A'],
    ['of 19 characters', '50025000009vJE9AAM0'],
    ['with a sign', '5002500000/vJE9'],
    ['with a space around it', ' 50025000009vJE9'],
    ['with a line end', '50025000009vJE9\n'],
    ['with letters of another script', '5002500000９vJE9'],
    ['that is a wildcard', '500*'],
    ['that is empty', ''],
    ['that is a number', 500250000090009],
    ['that is nothing', null],
  ])('is not one %s', (_what, id) => {
    expect(read(id)).toBeUndefined();
  });
});
