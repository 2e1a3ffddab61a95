import type { Settings } from '../settings.ts';

type Predicate = (attributes: unknown) => boolean;

type Operand = (attributes: unknown) => unknown;

/**
 * Compiles a TaskRouter expression to a test of a Task's attributes.
 *
 * A general parser such as jsep does not fit. It keeps its operators in global state, supports word operators in
 * one spelling only and not as two words (`NOT IN`), reads escapes in strings, and accepts much that TaskRouter
 * rejects.
 *
 *     either     = both { OR both }
 *     both       = test { AND test }
 *     test       = "(" either ")" | operand operator operand
 *     operand    = constant | path | "[" [ constant { "," constant } ] "]"
 *
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 * @param contains how `CONTAINS` compares two strings
 * @throws ExpressionError if the expression is malformed
 */
export function compileExpression(
  expression: string,
  contains: Settings['contains'] = 'parts',
): Predicate {
  const tokenList = tokenize(expression);
  let index = 0;

  const peek = (): Token => tokenList[index] ?? { kind: 'end', at: expression.length };
  const fail = (expected: string): never => {
    throw new ExpressionError(`expected ${expected}`, peek().at);
  };
  const accept = (text: string): boolean => {
    const next = peek();
    if ((next.kind !== 'word' && next.kind !== 'symbol') || next.text !== text) return false;
    index += 1;
    return true;
  };

  const parseOr = (): Predicate => {
    const parts = [parseAnd()];
    while (accept('OR')) parts.push(parseAnd());
    return (attributes) => parts.some((part) => part(attributes));
  };

  const parseAnd = (): Predicate => {
    const parts = [parseComparison()];
    while (accept('AND')) parts.push(parseComparison());
    return (attributes) => parts.every((part) => part(attributes));
  };

  const parseComparison = (): Predicate => {
    if (accept('(')) {
      const inner = parseOr();
      return accept(')') ? inner : fail('")"');
    }
    const left = parseOperand();
    const compare = parseOperator();
    const right = parseOperand();
    return (attributes) => compare(left(attributes), right(attributes));
  };

  const parseOperator = () => {
    if (accept('NOT')) return accept('IN') ? comparisonOperators['NOT IN'] : fail('IN after NOT');
    const name = (['==', '=', '!=', '<', '<=', '>', '>=', 'IN', 'HAS', 'CONTAINS'] as const).find(
      accept,
    );
    if (name === undefined) return fail('an operator');
    if (name !== 'CONTAINS' || contains === 'parts') return comparisonOperators[name];
    return contains === 'equal' ? comparisonOperators['=='] : fail('another operator before this');
  };

  const parseOperand = (): Operand => {
    if (accept('[')) return parseList();
    const next = peek();
    if (next.kind === 'path') {
      index += 1;
      return (attributes) => valueAt(attributes, next.keys);
    }
    const value = parseConstant();
    return () => value;
  };

  const parseList = (): Operand => {
    const items: unknown[] = [];
    if (!accept(']')) {
      do items.push(parseConstant());
      while (accept(','));
      if (!accept(']')) fail('"]"');
    }
    return () => items;
  };

  const parseConstant = (): unknown => {
    const next = peek();
    if (next.kind !== 'constant') return fail('a key or a constant');
    index += 1;
    return next.value;
  };

  const predicate = parseOr();
  return peek().kind === 'end' ? predicate : fail('AND, OR or the end');
}

type Scalar = string | number | boolean | null;

type Compare = (left: unknown, right: unknown) => boolean;

/**
 * TaskRouter's comparison operators. The operators for scalars are false for arrays and objects. Values of
 * different types are never equal and have no order: Twilio advises against such comparisons and documents no
 * conversion. `NOT IN` is false if its right side is not a list.
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 */
const comparisonOperators = {
  '==': compareScalars((left, right) => left === right),
  '=': compareScalars((left, right) => left === right),
  '!=': compareScalars((left, right) => left !== right),
  '<': compareOrdered((difference) => difference < 0),
  '<=': compareOrdered((difference) => difference <= 0),
  '>': compareOrdered((difference) => difference > 0),
  '>=': compareOrdered((difference) => difference >= 0),
  IN: (left, right) => listIncludes(right, left),
  'NOT IN': (left, right) => Array.isArray(right) && isScalar(left) && !right.includes(left),
  HAS: (left, right) => listIncludes(left, right),
  CONTAINS: compareScalars(
    (left, right) => typeof left === 'string' && typeof right === 'string' && left.includes(right),
  ),
} as const satisfies Readonly<Record<string, Compare>>;

/** The value at a path of a JSON document. Null if it is missing, as in TaskRouter. */
function valueAt(document: unknown, keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : null,
    document,
  );
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object';
}

function compareScalars(compare: (left: Scalar, right: Scalar) => boolean): Compare {
  return (left, right) => isScalar(left) && isScalar(right) && compare(left, right);
}

function compareOrdered(compare: (difference: number) => boolean): Compare {
  return compareScalars((left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return compare(left - right);
    if (typeof left === 'string' && typeof right === 'string') {
      return compare(left < right ? -1 : Number(left > right));
    }
    return false;
  });
}

function listIncludes(list: unknown, value: unknown): boolean {
  return Array.isArray(list) && isScalar(value) && list.includes(value);
}

/**
 * An error of an expression that TaskRouter rejects. The message says where the error is, and does not quote the
 * text.
 */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  constructor(problem: string, position: number) {
    super(`EvaluateTaskAttributes: ${problem} at character ${position + 1}`);
  }
}

type Token = { at: number } & (
  | { kind: 'constant'; value: string | number | boolean | null }
  | { kind: 'path'; keys: readonly (string | number)[] }
  | { kind: 'word' | 'symbol'; text: string }
  | { kind: 'end' }
);

const constants: Readonly<Record<string, boolean | null>> = {
  true: true,
  false: false,
  null: null,
};

const tokenPattern = new RegExp(
  [
    /(?<string>"[^"]*"|'[^']*')/u,
    /(?<number>\d+(?:\.\d+)?)(?![\p{L}\p{N}_.])/u,
    /(?<constant>true|false|null)(?![\p{L}\p{N}_.])/u,
    /(?<word>and|or|not|in|has|contains)(?![\p{L}\p{N}_.])/u,
    /(?<path>[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[\d+\])*)/u,
    /(?<symbol>==|!=|<=|>=|[=<>()[\],])/u,
    /(?<space>\s+)/u,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'iuy',
);

/**
 * The tokens of an expression. The last one is `end`. Words are in capitals.
 * @throws ExpressionError for a hyphen outside a string and for any other unexpected character
 */
function tokenize(expression: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(expression);
    if (match?.groups === undefined) {
      throw new ExpressionError(
        expression[at] === '-' ? 'hyphens are not supported' : 'unexpected character',
        at,
      );
    }
    const next = toToken(match.groups, at);
    if (next !== undefined) found.push(next);
    at += match[0].length;
  }
  return [...found, { kind: 'end', at }];
}

function parsePath(path: string): (string | number)[] {
  return path.split(/[.[]/).map((key) => (key.endsWith(']') ? Number.parseInt(key, 10) : key));
}

function toToken(groups: Record<string, string | undefined>, at: number): Token | undefined {
  const { string, number, constant, word, path, symbol } = groups;
  if (string !== undefined) return { kind: 'constant', value: string.slice(1, -1), at };
  if (number !== undefined) return { kind: 'constant', value: Number(number), at };
  if (constant !== undefined) {
    return { kind: 'constant', value: constants[constant.toLowerCase()] ?? null, at };
  }
  if (word !== undefined) return { kind: 'word', text: word.toUpperCase(), at };
  if (path !== undefined) return { kind: 'path', keys: parsePath(path), at };
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, at };
  return undefined;
}
