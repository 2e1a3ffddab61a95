import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Criterion, matches } from '../../shared/taskrouter/criteria.ts';
import { toExpressions } from '../../shared/taskrouter/expression.ts';

const name = '[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*';
const text = '"[A-Za-z0-9._~:+@/]+"';
const integer = '[0-9]+';
const list = (item: string) => `\\[${item}(, ${item})*\\]`;
const contains = `${name} CONTAINS ${text}`;
const clause = `(${name} IN (${list(text)}|${list(integer)})|${contains}|\\(${contains}( AND ${contains})+\\))`;
const wholeExpression = new RegExp(`^${clause}( OR ${clause})*$`);

/** Strings of all sorts, many of them nearly safe or made to break out. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'a1./"\'\\][ ,-=\n\0OR') }),
  fc.stringMatching(/^[A-Za-z0-9._~:+@/]{1,12}$/),
  fc.nat().map(String),
  fc.constantFrom('7"] OR 1 == 1 OR a IN ["', '" OR "" == "', '7\\', '7\n', 'crm_media_sync', 'OR'),
);

const anySign: fc.Arbitrary<Criterion> = fc.record({
  attribute: anyText,
  match: fc.constantFrom('equal', 'ledger'),
  value: anyText,
});

const safeSign: fc.Arbitrary<Criterion> = fc.record({
  attribute: fc.constantFrom('a', 'b.c', 'a_1.b_2'),
  match: fc.constantFrom('equal', 'ledger'),
  value: fc.constantFrom('7', '07', 'x', 'a/7', 'a/77', 'CA1'),
});

const hyphenedSign: fc.Arbitrary<Criterion> = fc.record({
  attribute: fc.constant('a'),
  match: fc.constant('ledger'),
  value: fc.constantFrom('a-b/7', 'a/7-7', 'a/-', 'a/77-x', 'b-a/--7-'),
});

/** TaskRouter's reading of an expression, as far as ours go: one attribute, one value. */
const isTrue = (expression: string, attribute: string, value: string | number): boolean =>
  expression.split(' OR ').some((clause) =>
    clause
      .replace(/^\((.*)\)$/, '$1')
      .split(' AND ')
      .every((each) => {
        const [left, operator, ...right] = each.split(' ');
        const constant: unknown = JSON.parse(right.join(' '));
        if (left !== attribute) return false;
        if (operator === 'IN') return Array.isArray(constant) && constant.includes(value);
        return typeof value === 'string' && value.includes(String(constant));
      }),
  );

describe('an expression', () => {
  it('holds nothing but names and constants of a safe alphabet, whatever is looked for', () => {
    fc.assert(
      fc.property(fc.array(anySign, { minLength: 1, maxLength: 4 }), (signs) => {
        for (const expression of toExpressions(signs) ?? []) {
          expect(expression).toMatch(wholeExpression);
          expect(expression).not.toMatch(/[-'\\\n]/);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('is refused as soon as one value in it is not safe', () => {
    const unsafe = anyText.filter((value) => /[^A-Za-z0-9._~:+@/]/.test(value) || value === '');
    fc.assert(
      fc.property(fc.array(safeSign), unsafe, fc.nat(), (signs, value, at) => {
        const odd: Criterion = { attribute: 'a', match: 'equal', value };
        expect(toExpressions(signs.toSpliced(at % (signs.length + 1), 0, odd))).toBeUndefined();
      }),
    );
  });

  it('is true for every Task that bears one of its signs', () => {
    const ledgerWord = (ticket: string) => `1 ${ticket}${'A'.repeat(15)}`;
    const value = fc.oneof(
      fc.constantFrom<string | number>(7, 77, '7', '07', 'x', 'CA1'),
      fc
        .constantFrom('a/7', 'a/77', '7', 'x', 'a-b/7', 'a/7-7', 'a/-', 'a/77-x', 'b-a/--7-')
        .map(ledgerWord),
    );
    const anySafe = fc.oneof(safeSign, hyphenedSign);
    fc.assert(
      fc.property(fc.array(anySafe, { minLength: 1 }), value, (signs, held) => {
        const expressions = toExpressions(signs) ?? [];
        for (const attribute of ['a', 'b.c', 'a_1.b_2']) {
          const [first = '', second] = attribute.split('.');
          const attributes = { [first]: second === undefined ? held : { [second]: held } };
          const found = expressions.some((each) => isTrue(each, attribute, held));
          if (signs.some((sign) => matches(attributes, sign))) expect(found).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is none where nothing is looked for', () => {
    expect(toExpressions([])).toEqual([]);
  });
});
