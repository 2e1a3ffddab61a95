import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../local/taskrouter/tasks/expression.ts';
import { type Criterion, matches } from '../../shared/taskrouter/criteria.ts';
import { toExpressions } from '../../shared/taskrouter/expression.ts';
import { anyCharacter } from '../property-runs.ts';

const name = '[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*';
const text = "'[A-Za-z0-9._~:+@/]+'";
const integer = '[0-9]+';
const list = (item: string) => `\\[${item}(,${item})*\\]`;
const contains = `${name} CONTAINS ${text}`;
const clause = `(${name} IN (${list(text)}|${list(integer)})|${contains}|\\(${contains}( AND ${contains})+\\))`;
const wholeExpression = new RegExp(`^${clause}( OR ${clause})*$`);

/** Strings of all kinds, many of them nearly safe or injections. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: fc.constantFrom(...'a1./"\'\\][ ,-=\n\0OR') }),
  fc.stringMatching(/^[A-Za-z0-9._~:+@/]{1,12}$/),
  fc.nat().map(String),
  fc.constantFrom('7"] OR 1 == 1 OR a IN ["', '" OR "" == "', '7\\', '7\n', 'crm_media_sync', 'OR'),
);

const anyCriterion: fc.Arbitrary<Criterion> = fc.record({
  attribute: anyText,
  match: fc.constantFrom('equal', 'ledger'),
  value: anyText,
});

const safeCriterion: fc.Arbitrary<Criterion> = fc.record({
  attribute: fc.constantFrom('a', 'b.c', 'a_1.b_2'),
  match: fc.constantFrom('equal', 'ledger'),
  value: fc.constantFrom('7', '07', 'x', 'a/7', 'a/77', 'CA1'),
});

const hyphenatedCriterion: fc.Arbitrary<Criterion> = fc.record({
  attribute: fc.constant('a'),
  match: fc.constantFrom('equal', 'ledger'),
  value: fc.constantFrom('a-b/7', 'a/7-7', 'a/-', 'a/77-x', 'b-a/--7-'),
});

describe('an expression', () => {
  it('has only names and constants of safe characters, for any search', () => {
    fc.assert(
      fc.property(fc.array(anyCriterion, { minLength: 1, maxLength: 4 }), (criteria) => {
        for (const expression of toExpressions(criteria) ?? []) {
          expect(expression).toMatch(wholeExpression);
          expect(expression).not.toMatch(/[-"\\\n]/);
        }
      }),
    );
  });

  it('is undefined if one value has no part that is safe, or is a number', () => {
    const unsafe = fc.oneof(
      anyText.map((value) => value.replace(/[A-Za-z0-9._~:+@/]+/g, '')),
      fc.double({ noNaN: true, max: -Number.MIN_VALUE }).map(String),
    );
    fc.assert(
      fc.property(fc.array(safeCriterion), unsafe, fc.nat(), (criteria, value, at) => {
        const odd: Criterion = { attribute: 'a', match: 'equal', value };
        expect(
          toExpressions(criteria.toSpliced(at % (criteria.length + 1), 0, odd)),
        ).toBeUndefined();
      }),
    );
  });

  it('is true for every Task that matches one of its criteria', () => {
    const ledgerWord = (ticket: string) => `1 ${ticket}${'A'.repeat(15)}`;
    const value = fc.oneof(
      fc.constantFrom<string | number>(7, 77, '7', '07', 'x', 'CA1'),
      fc
        .constantFrom('a/7', 'a/77', '7', 'x', 'a-b/7', 'a/7-7', 'a/-', 'a/77-x', 'b-a/--7-')
        .chain((text) => fc.constantFrom(text, ledgerWord(text))),
    );
    const anySafe = fc.oneof(safeCriterion, hyphenatedCriterion);
    fc.assert(
      fc.property(fc.array(anySafe, { minLength: 1 }), value, (criteria, held) => {
        const expressions = toExpressions(criteria) ?? [];
        for (const attribute of ['a', 'b.c', 'a_1.b_2']) {
          const [first = '', second] = attribute.split('.');
          const attributes = { [first]: second === undefined ? held : { [second]: held } };
          const found = expressions.some((each) => compileExpression(each)(attributes));
          if (criteria.some((each) => matches(attributes, each))) expect(found).toBe(true);
        }
      }),
    );
  });
});
