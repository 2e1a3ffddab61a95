import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression, ExpressionError } from '../../../local/taskrouter/tasks/expression.ts';

const attributes = {
  type: 'call',
  skill: 5.1,
  vip: true,
  nothing: null,
  tags: ['a', 'b', 3],
  object: { array: ['x', 'y', { deep: 'z' }], attr: 'bar' },
  in_stock: 'yes',
};

it.each([
  '1 == 1',
  '0 != 1',
  '"apple" != \'orange\'',
  "type = 'call'",
  "'call' == type",
  'type != "chat"',
  'skill >= 5.1 and skill <= 5.1 AND skill > 5 And skill < 6',
  'type > "cal" AND type < "calm"',
  'nothing == NULL',
  'absent == null',
  'absent.further.down == null',
  'absent != "x"',
  'type IN ["chat", "call"]',
  'type in["call"]',
  'type NOT IN ["chat", "sms"]',
  'type not in []',
  'tags HAS 3',
  '"b" IN tags',
  'type CONTAINS "al"',
  'type contains type',
  'object.array[1] == "y"',
  'object.array[2].deep == "z"',
  'object.array HAS "x"',
  'in_stock == "yes"',
  '(type == "chat" OR type == "call") AND skill >= 5.1',
  'type == "call" OR type == "call" AND vip == false',
  '((vip == true))',
  'type == "call"\n  AND\tvip == true',
  '"a-b" == "a-b"',
  'object.constructor == null',
])('an expression is true of a Task %s', (expression) => {
  expect(compileExpression(expression)(attributes)).toBe(true);
});

it.each([
  'type == "Call"',
  'type != "call"',
  'skill > "5"',
  'absent > 1',
  'absent < 1',
  'type IN type',
  'type NOT IN absent',
  'type HAS "call"',
  'tags == "a"',
  'tags != "a"',
  'object != "a"',
  'tags CONTAINS "a"',
  'type CONTAINS "ALL"',
  'skill CONTAINS 5',
  '(type == "call" OR type == "call") AND vip == false',
  'object.array[9] == "x"',
  'toString != null',
])('an expression is false of a Task %s', (expression) => {
  expect(compileExpression(expression)(attributes)).toBe(false);
});

describe('an expression is refused', () => {
  it.each([
    '',
    ' ',
    'type',
    'type ==',
    '== "call"',
    'type == "call" AND',
    'type == "call" vip == true',
    '(type == "call"',
    'type == "call")',
    'type == "call',
    'type === "call"',
    'type LIKE "call"',
    'type NOT "call"',
    'NOT type == "call"',
    'customer-value == "gold"',
    'skill > -1',
    'object. attr == "bar"',
    'object.array[x] == 1',
    'tags HAS ["a"',
    'type IN ["a" "b"]',
    '1.2.3 == 1',
    '12abc == 1',
    'type == "a" && vip == true',
    'and == 1',
  ])('%j', (expression) => {
    expect(() => compileExpression(expression)).toThrow(ExpressionError);
  });

  it('with the place of the error, and without what stood there', () => {
    expect(() => compileExpression('customer-value == "secret"')).toThrow(
      'EvaluateTaskAttributes: hyphens are not supported at character 9',
    );
    expect(() => compileExpression('type == "secret" "secret"')).toThrow(
      /^(?!.*secret).*character 18$/,
    );
  });
});

describe('any expression', () => {
  it('finds the value of a key, of any type', () => {
    const value = fc.oneof(
      fc.string().filter((text) => !text.includes('"')),
      fc.nat().map(Number),
      fc.boolean(),
    );
    fc.assert(
      fc.property(value, value, (wanted, stored) => {
        const literal = typeof wanted === 'string' ? `"${wanted}"` : String(wanted);
        const isSame = wanted === stored;
        expect(compileExpression(`a.b == ${literal}`)({ a: { b: stored } })).toBe(isSame);
        expect(compileExpression(`a.b IN [${literal}]`)({ a: { b: stored } })).toBe(isSame);
        expect(compileExpression(`a HAS ${literal}`)({ a: [stored] })).toBe(isSame);
      }),
    );
  });

  it('is either compiled or refused, and never fails otherwise', () => {
    const piece = fc.constantFrom(...'a.[]0()=!" ', 'IN', 'OR');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          expect(typeof compileExpression(pieces.join(''))({})).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
  });
});
