import { operators } from './expression-operators.ts';
import { ExpressionError, type Token, tokens } from './expression-tokens.ts';

export type Predicate = (attributes: unknown) => boolean;
type Operand = (attributes: unknown) => unknown;

/** What stands at a path of a JSON document; NULL where there is nothing, as Twilio has it. */
const resolve = (document: unknown, keys: readonly (string | number)[]): unknown =>
  keys.reduce<unknown>(
    (value, key) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : null,
    document,
  );

/**
 * Compiles a TaskRouter expression to a test of a Task's attributes.
 *
 * A parser of its own, because a general one such as jsep keeps its operators in global state, takes
 * word operators in one spelling only and never as two words (`NOT IN`), reads escapes in strings,
 * and takes much that TaskRouter does not know: all of that would have to be undone.
 *
 *     either     = both { OR both }
 *     both       = test { AND test }
 *     test       = "(" either ")" | operand operator operand
 *     operand    = constant | path | "[" [ constant { "," constant } ] "]"
 *
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 * @throws ExpressionError when it is malformed.
 */
export const compile = (expression: string): Predicate => {
  const found = tokens(expression);
  let index = 0;

  const peek = (): Token => found[index] ?? { kind: 'end', at: expression.length };
  const fail = (expected: string): never => {
    throw new ExpressionError(`expected ${expected}`, peek().at);
  };
  const skip = (text: string): boolean => {
    const next = peek();
    if ((next.kind !== 'word' && next.kind !== 'symbol') || next.text !== text) return false;
    index += 1;
    return true;
  };

  const either = (): Predicate => {
    const parts = [both()];
    while (skip('OR')) parts.push(both());
    return (attributes) => parts.some((part) => part(attributes));
  };

  const both = (): Predicate => {
    const parts = [test()];
    while (skip('AND')) parts.push(test());
    return (attributes) => parts.every((part) => part(attributes));
  };

  const test = (): Predicate => {
    if (skip('(')) {
      const inner = either();
      return skip(')') ? inner : fail('")"');
    }
    const left = operand();
    const compare = operator();
    const right = operand();
    return (attributes) => compare(left(attributes), right(attributes));
  };

  const operator = () => {
    if (skip('NOT')) return skip('IN') ? operators['NOT IN'] : fail('IN after NOT');
    const name = (['==', '=', '!=', '<', '<=', '>', '>=', 'IN', 'HAS', 'CONTAINS'] as const).find(
      skip,
    );
    return name === undefined ? fail('an operator') : operators[name];
  };

  const operand = (): Operand => {
    if (skip('[')) return list();
    const next = peek();
    if (next.kind === 'path') {
      index += 1;
      return (attributes) => resolve(attributes, next.keys);
    }
    const value = constant();
    return () => value;
  };

  const list = (): Operand => {
    const items: unknown[] = [];
    if (!skip(']')) {
      do items.push(constant());
      while (skip(','));
      if (!skip(']')) fail('"]"');
    }
    return () => items;
  };

  const constant = (): unknown => {
    const next = peek();
    if (next.kind !== 'constant') return fail('a key or a constant');
    index += 1;
    return next.value;
  };

  const whole = either();
  return peek().kind === 'end' ? whole : fail('AND, OR or the end');
};
