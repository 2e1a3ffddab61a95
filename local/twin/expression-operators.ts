type Scalar = string | number | boolean | null;
type Compare = (left: unknown, right: unknown) => boolean;

const isScalar = (value: unknown): value is Scalar => value === null || typeof value !== 'object';

const scalars =
  (compare: (left: Scalar, right: Scalar) => boolean): Compare =>
  (left, right) =>
    isScalar(left) && isScalar(right) && compare(left, right);

const ordered = (compare: (difference: number) => boolean): Compare =>
  scalars((left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return compare(left - right);
    if (typeof left === 'string' && typeof right === 'string') {
      return compare(left < right ? -1 : Number(left > right));
    }
    return false;
  });

const includes = (list: unknown, value: unknown): boolean =>
  Array.isArray(list) && isScalar(value) && list.includes(value);

/**
 * TaskRouter's comparison operators. Those for scalars are false of arrays (and objects). Values of
 * different types are never equal and have no order: Twilio advises against such comparisons and
 * documents no conversion. `NOT IN` something that is not a list is false.
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 */
export const operators = {
  '==': scalars((left, right) => left === right),
  '=': scalars((left, right) => left === right),
  '!=': scalars((left, right) => left !== right),
  '<': ordered((difference) => difference < 0),
  '<=': ordered((difference) => difference <= 0),
  '>': ordered((difference) => difference > 0),
  '>=': ordered((difference) => difference >= 0),
  IN: (left, right) => includes(right, left),
  'NOT IN': (left, right) => Array.isArray(right) && isScalar(left) && !right.includes(left),
  HAS: (left, right) => includes(left, right),
  CONTAINS: scalars(
    (left, right) => typeof left === 'string' && typeof right === 'string' && left.includes(right),
  ),
} as const satisfies Readonly<Record<string, Compare>>;
