import * as z from 'zod';

const maxLength = 100;

/** How many parts of a pattern may leave a choice: `+`, `*`, `?` and `{n,m}`, and `|`. */
const maxQuantifiers = 3;

const maxAlternatives = 8;

const notCompiled =
  'must be a regular expression of JavaScript with the flag u, without / around it';

/**
 * The setting `idPattern`: a regular expression that matches a whole id. Anybody may write the texts that it
 * is tried on, so its syntax is limited to what ends soon on every text of 64 characters: nothing is repeated
 * that leaves a choice itself, and the choices are few. See docs/sources/standard-webhooks.md.
 */
export const IdPattern = z.string(notCompiled).superRefine((pattern, context) => {
  const message = problemOf(pattern);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Escapes, classes, quantifiers in braces and the beginnings of groups; else a character. */
const tokens =
  /\\(?:[pPu]\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]|<|[a-z-]*:))?|\{[^}]*\}|./gsu;

function problemOf(pattern: string): string | undefined {
  if (pattern.length > maxLength) return `must have at most ${maxLength} characters`;
  if (pattern === '' || pattern.includes('/') || !compiles(pattern)) return notCompiled;
  const parts = pattern.match(tokens) ?? [];
  const isOther = (part: string) => /^\((?!$|\?:$)|^\\[1-9k]/u.test(part);
  if (parts.some(isOther)) {
    return 'must hold no group but (…) and (?:…), and no back-reference';
  }
  if (parts.some((part, index) => /^[+*{]/.test(part) && parts[index - 1] === ')')) {
    return 'must not repeat a group: only ? may follow one';
  }
  const quantifiers = parts.filter((part) => /^([+*?]|\{.*,.*\})$/.test(part)).length;
  const alternatives = parts.filter((part) => part === '|').length;
  return quantifiers > maxQuantifiers || alternatives > maxAlternatives
    ? `must hold at most ${maxQuantifiers} of +, *, ? and {n,m}, and at most ${maxAlternatives} of |`
    : undefined;
}

/** Alone: `a)|(b` compiles between the brackets that it gets, and would match a part of an id. */
function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
