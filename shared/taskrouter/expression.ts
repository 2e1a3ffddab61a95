import type { Criterion } from './criteria.ts';
import { encodeForm } from './http.ts';

/**
 * Values that are safe between quotes in an expression. Twilio documents no escape for a quote, and does not
 * support hyphens. Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 */
const safeValue = /^[A-Za-z0-9._~:+@/]{1,256}$/;

const unsafeCharacters = /[^A-Za-z0-9._~:+@/]+/;

const safeName = /^(?=.{1,128}$)[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

const keyword = /(^|\.)(and|or|not|in|has|contains|null|true|false)(\.|$)/i;

const plainInteger = /^(0|[1-9][0-9]{0,14})$/;

/**
 * The most form-encoded characters of one expression. Twilio does not say how long a URL may be. With `long`, the
 * URL of a search is below 8,192 characters, the default limit of servers, and has room for 44 changes that move.
 * With `short`, it is below 6,000.
 * Source: https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers
 */
export const maxExpressionLengths = { long: 7600, short: 5500 };

/**
 * Expressions that together are true for every Task that matches one of the criteria, and perhaps for others.
 * Usually there is one. There are more only if the URL would be too long. Undefined if an expression cannot contain
 * a criterion, not even parts of its value: expressions contain only names and values of safe characters.
 */
export function toExpressions(
  criteria: readonly Criterion[],
  maxLength = maxExpressionLengths.long,
): string[] | undefined {
  if (!criteria.every(isSafe)) return undefined;
  const chunks: Criterion[][] = [];
  for (const criterion of criteria) {
    const last = chunks.at(-1);
    if (last !== undefined && encodedLength(toExpression([...last, criterion])) <= maxLength)
      last.push(criterion);
    else chunks.push([criterion]);
  }
  return chunks.map(toExpression);
}

/** Whether an expression is longer than a short one may be. */
export function isLong(expression: string): boolean {
  return encodedLength(expression) > maxExpressionLengths.short;
}

/**
 * Whether an attribute is searched for by parts of its value, because an expression cannot contain the whole value:
 * a GUID, an issue's key. This needs a `CONTAINS` that finds parts of a string.
 */
export function isInParts({ match, value }: Criterion): boolean {
  // A number in an attribute has no parts.
  return match === 'equal' && !safeValue.test(value) && Number.isNaN(Number(value));
}

function isSafe(criterion: Criterion): boolean {
  return (
    safeName.test(criterion.attribute) &&
    !keyword.test(criterion.attribute) &&
    constantsOf(criterion).length > 0 &&
    constantsOf(criterion).every((constant) => safeValue.test(constant))
  );
}

/**
 * The texts to search for: the whole value, or its longest and its last part. The last part is often the number of
 * the ticket. For a GUID, the two parts have 80 of 128 bits, and leave room for 50 GUIDs in one expression.
 */
function constantsOf(criterion: Criterion): string[] {
  const { match, value } = criterion;
  if (match === 'equal' && !isInParts(criterion)) return [value];
  const parts = distinct(value.split(unsafeCharacters)).filter((part) => part !== '');
  const [longest] = parts.slice(0, -1).sort((one, other) => other.length - one.length);
  return [...(longest === undefined ? [] : [longest]), ...parts.slice(-1)];
}

function encodedLength(expression: string): number {
  return encodeForm({ EvaluateTaskAttributes: expression }).length;
}

/**
 * An expression such as `call_sid IN ['CA1','CA2'] OR crm_media_sync CONTAINS 'zendesk/7' OR (issue_key CONTAINS
 * 'SUP' AND issue_key CONTAINS '42')`. An attribute may contain 7 as well as "7". Each kind has its own list,
 * because Twilio does not document that a list may mix them.
 */
function toExpression(criteria: readonly Criterion[]): string {
  const isWhole = (criterion: Criterion) => criterion.match === 'equal' && !isInParts(criterion);
  const equal = criteria.filter(isWhole);
  const containing = criteria.filter((criterion) => !isWhole(criterion));
  const clauses = [
    ...[...Map.groupBy(equal, ({ attribute }) => attribute)].flatMap(inClauses),
    ...containing.map(containsClause),
  ];
  return distinct(clauses).join(' OR ');
}

function containsClause(criterion: Criterion): string {
  const parts = constantsOf(criterion).map((part) => `${criterion.attribute} CONTAINS '${part}'`);
  return parts.length > 1 ? `(${parts.join(' AND ')})` : parts.join();
}

function inClauses([attribute, criteria]: [string, readonly Criterion[]]): string[] {
  const values = distinct(criteria.map(({ value }) => value));
  const lists = [
    values.map((value) => `'${value}'`),
    values.filter((value) => plainInteger.test(value)),
  ];
  return lists
    .filter((list) => list.length > 0)
    .map((list) => `${attribute} IN [${list.join(',')}]`);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
