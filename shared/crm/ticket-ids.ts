import * as z from 'zod';
import { TicketId } from '../messages/ticket-change.ts';

/** The settings that decide the shape of a source's ids: its kind, and settings of kinds with several shapes. */
export interface TicketIdSource {
  kind: string;
  /** ServiceNow: the ticket's id is the record's `sys_id` (default), or its `number`. */
  ticketId?: (typeof recordIds)[number] | undefined;
  /** Standard Webhooks: a regular expression that matches every id of the sender. */
  idPattern?: string | undefined;
}

export const recordIds = ['sys_id', 'number'] as const;

/**
 * The ticket's id in a text, in its single form here: a `TicketId`. Undefined if the text does not have the shape
 * of the source's ids. The shapes are in this file and not with the sources, because a reader of Tasks needs no
 * signatures and no parsers of payloads.
 */
export function ticketIdOf(text: string, source: TicketIdSource): string | undefined {
  return TicketId.safeParse(shapeOf(source).read(text)).data;
}

/** The schema of an id in a payload: a text or an integer. Its error names the shape, never the value. */
export function ticketIdSchema(source: TicketIdSource) {
  const { problem } = shapeOf(source);
  return z.union([z.string(), z.int(), z.bigint()], problem).transform((value, context) => {
    const id = ticketIdOf(String(value), source);
    if (id !== undefined) return id;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

/** Whether a text is a form of this id, for a source of this kind. */
export function isFormOf(id: string, text: string, kind: string): boolean {
  return text === id || recordIds.some((ticketId) => ticketIdOf(text, { kind, ticketId }) === id);
}

/** The other forms of an id that a search uses. Forms that nobody is likely to write are left out. */
export function otherForms(id: string, kind: string): readonly string[] {
  const other = shapeOf({ kind }).otherForm?.(id);
  return other === undefined || other === id ? [] : [other];
}

interface Shape {
  /** A description of the shape. */
  problem: string;
  /** The id in a text, in its single form. Undefined if the text has another shape. */
  read(text: string): string | undefined;
  /** Another form of an id that Tasks are likely to contain. */
  otherForm?(id: string): string;
}

/** A table with gaps (pandas, Liquid) writes numbers with fractions: 4711.0 for 4711. */
const digits: Shape = {
  problem: 'must be the id of a ticket: digits, without leading zeros, not 0',
  read: (text) => withoutZeroFraction(text).match(/^[1-9][0-9]*$/)?.[0],
};

/** Source: https://confluence.atlassian.com/adminjiraserver/changing-the-project-key-format-938847081.html */
const issueKey: Shape = {
  problem: 'must be the key of an issue, e.g. SUP-42',
  read: (text) => text.match(/^[A-Z][A-Z0-9_]+-[1-9][0-9]*$/i)?.[0].toUpperCase(),
  otherForm: (key) => key.toLowerCase(),
};

const sysId: Shape = {
  problem: 'must be a sys_id: 32 hexadecimal digits',
  read: (text) => text.match(/^[0-9a-f]{32}$/i)?.[0].toLowerCase(),
};

const recordNumber: Shape = {
  problem: 'must be the number of a record: letters and then digits, e.g. INC0010001',
  read: (text) => text.match(/^[A-Z]+[0-9]+$/i)?.[0].toUpperCase(),
};

/** Microsoft often shows GUIDs with braces and capitals. The GUID of zeros means that there is none. */
const guid: Shape = {
  problem: 'must be a GUID, not that of zeros',
  read: (text) =>
    text
      .trim()
      .replace(/^\{(.*)\}$/, '$1')
      .match(/^(?![0-]*$)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)?.[0]
      .toLowerCase(),
  otherForm: (id) => id.toUpperCase(),
};

const caseId: Shape = {
  problem:
    'must be the id of a Case: 15 or 18 characters that begin with 500, with its capitals as Salesforce has them',
  read: (text) => {
    const id = SalesforceId.safeParse(text.trim()).data;
    return id !== undefined && isCaseId(id) ? id : undefined;
  },
  otherForm: (id) => id.slice(0, 15),
};

/** Texts that templates and programs write if an id is missing. */
const missing = /^(undefined|null|none|nan)$/i;

/**
 * Texts that are not ids, if the shape is unknown: "new" for a new ticket, numbers below 1 (also the GUID of
 * zeros), fractions, a social security number.
 */
const implausible =
  /^(new|[-.0]+|-[0-9.]+(e-?[0-9]+)?|[0-9]*\.[0-9]*(e-?[0-9]+)?|[0-9]{3}-[0-9]{2}-[0-9]{4})$/i;

/** The shape for kinds without a shape of their own, and for Standard Webhooks. */
const anyId: Shape = {
  problem:
    'must be an id of 1 to 64 letters, digits, ".", "_", "~" or "-"; not undefined, null, none, nan or new, ' +
    'no number below 1, no fraction, no social security number',
  read: (text) => {
    const id = withoutZeroFraction(text);
    return missing.test(id) || implausible.test(id) ? undefined : id;
  },
};

const shapes = new Map<string, Shape>([
  ['dynamics', guid],
  ['hubspot', digits],
  ['intercom', digits],
  ['jira', issueKey],
  ['salesforce', caseId],
  ['salesforce-outbound', caseId],
  ['servicenow', sysId],
  ['zendesk', digits],
]);

function shapeOf({ kind, ticketId, idPattern }: TicketIdSource): Shape {
  if (kind === 'servicenow' && ticketId === 'number') return recordNumber;
  if (kind === 'standard-webhooks' && idPattern !== undefined) return matching(idPattern);
  return shapes.get(kind) ?? anyId;
}

/** The pattern decides, but a word for a missing id never matches. */
function matching(pattern: string): Shape {
  const regExp = new RegExp(`^(?:${pattern})$`, 'u');
  return {
    problem: "must match the source's idPattern",
    read: (text) => {
      const id = TicketId.safeParse(withoutZeroFraction(text)).data;
      return id !== undefined && !missing.test(id) && regExp.test(id) ? id : undefined;
    },
  };
}

/** Removes a zero fraction: 4711.0 becomes 4711. */
function withoutZeroFraction(text: string): string {
  return text.replace(/^([0-9]+)\.0+$/, '$1');
}

const suffixLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

const invalidId =
  'must be a Salesforce id of 15 or 18 characters, with its capitals as Salesforce has them';

/**
 * The id of a Salesforce record, with 15 or 18 characters, parsed to 18 characters. Both forms name the same
 * record, which must have one key here.
 */
export const SalesforceId = z.string(invalidId).transform((text, context) => {
  const id = text.slice(0, 15);
  if (/^[A-Za-z0-9]{15}$/.test(id)) {
    const whole = id + suffixOf(id);
    if (text === id || text === whole) return whole;
  }
  context.addIssue({ code: 'custom', message: invalidId });
  return z.NEVER;
});

/**
 * Whether a record is a Case, by the first three characters of its id.
 * Source: https://help.salesforce.com/HTViewSolution?urlname=Standard-Field-Record-ID-Prefix-Decoder
 */
export function isCaseId(id: string): boolean {
  return id.startsWith('500');
}

/**
 * The three characters that extend an id of 15 characters to 18. Each encodes which of five letters are capitals:
 * the first letter counts 1, the second 2, the third 4, and so on.
 * Source: https://codebycody.com/salesforces-algorithm-for-converting-ids-from-15-to-18-characters
 */
function suffixOf(id: string): string {
  return [0, 5, 10]
    .map((start) => {
      const capitals = [...id.slice(start, start + 5)].map((letter) => /[A-Z]/.test(letter));
      const sum = capitals.reduce(
        (bits, isCapital, place) => bits + (isCapital ? 2 ** place : 0),
        0,
      );
      return suffixLetters.charAt(sum);
    })
    .join('');
}

const maxPatternLength = 100;

/** How many parts of a pattern may allow a choice: `+`, `*`, `?`, `{n,m}` and `|`. */
const maxQuantifiers = 3;

const maxAlternatives = 8;

const notCompiled =
  'must be a regular expression of JavaScript with the flag u, without / around it';

/**
 * The setting `idPattern`: a regular expression that matches a whole id. It is tried on texts that strangers may
 * send. So its syntax is limited: it must end soon on every text of 64 characters. A part with a choice cannot be
 * repeated, and there are few choices. See docs/sources/standard-webhooks.md.
 */
export const IdPattern = z.string(notCompiled).superRefine((pattern, context) => {
  const message = patternProblem(pattern);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/**
 * Matches escapes, classes, quantifiers in braces and the beginnings of groups. Otherwise it matches one character.
 */
const patternTokens =
  /\\(?:[pPu]\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]|<|[a-z-]*:))?|\{[^}]*\}|./gsu;

function patternProblem(pattern: string): string | undefined {
  if (pattern.length > maxPatternLength) return `must have at most ${maxPatternLength} characters`;
  if (pattern === '' || pattern.includes('/') || !compiles(pattern)) return notCompiled;
  const parts = pattern.match(patternTokens) ?? [];
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

/**
 * Whether the pattern compiles on its own. `a)|(b` compiles between the brackets that are added, and would match a
 * part of an id.
 */
function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
