/** An expression that TaskRouter rejects. The message has the place, never the text there. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  constructor(problem: string, position: number) {
    super(`EvaluateTaskAttributes: ${problem} at character ${position + 1}`);
  }
}

export type Token = { at: number } & (
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
 * The tokens of an expression, the last one `end`. Words are in capitals.
 * @throws ExpressionError for a hyphen outside a string and for any other unexpected character
 */
export function tokenize(expression: string): Token[] {
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
