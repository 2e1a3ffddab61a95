import { hash } from 'node:crypto';

/** Why a ticket is shown although no SID of the CRM places it on this Task. */
export type Naming =
  /** The Task named it at our last write. */
  | 'named'
  /** The Task named it, and lost that with our ledger to a writer that had read it before. */
  | 'kept';

/** The ledger's data about one ticket. */
export interface LedgerEntry {
  /** The version of the newest link or deletion. `unknownVersion`: the Task never had either. */
  readonly version: bigint;
  /** `shortHash` of the link's URL. Undefined if the ticket was deleted, or its link is not known. */
  readonly urlHash: string | undefined;
  /** Whether the CRM's newest SID places the ticket on this Task. Undefined: the CRM sent no SID. */
  readonly placement: Placement | undefined;
  readonly naming: Naming | undefined;
  /** The id of a ticket that was merged into this one, if the Task names this ticket by that id. */
  readonly alias: string | undefined;
  /**
   * `titleUnits` of a title that was dropped because there was no room. 0: none was dropped. With this number, the
   * next rewrite makes the same decision although it does not know the title.
   */
  readonly titleUnits: number;
}

export interface Placement {
  readonly version: bigint;
  readonly placed: boolean;
}

/** Lower than any version. */
export const unknownVersion = -1n;

/** Whether a ticket belongs on the Task. Then it has a link, and the CRM places it there or the Task names it. */
export function isShown({ urlHash, placement, naming }: LedgerEntry): boolean {
  return urlHash !== undefined && (placement?.placed === true || naming !== undefined);
}

/** The length of a title as JSON, in units of 5 characters. So one digit is enough for any title. */
export function titleUnits(title: string | undefined): number {
  if (title === undefined) return 0;
  return Math.min(digits.length - 1, Math.ceil(JSON.stringify(title).length / charactersPerUnit));
}

export const charactersPerUnit = 5;

/** 24 bits of SHA-256. They are enough to recognise one of our links among the few dozen links of a Task. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, hashLength);
}

const hashLength = 4;

/** The length of a `Version` with 6 bits in each digit. */
const versionLength = 14;

/** Replaces the hash of a link that was deleted. */
export const deleted = '....';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const key = '([a-z][a-z0-9-]{0,31}\\/[A-Za-z0-9._~-]{1,64})';
const aliasEnd = '(?:>([A-Za-z0-9._~-]{1,64}))?';
const ticketWord = new RegExp(
  `^${key}([\\w-]{14})([\\w-]{4}|\\.{4})(?:([+*?!])([\\w-]{14})?)?(?:'([\\w-]))?${aliasEnd}$`,
);
const leftWord = new RegExp(`^${key}:([\\w-]{14})${aliasEnd}$`);

/**
 * One word of the ledger. It holds `<ticket>`, the version in base 64, the hash of the link's URL (`....` if the ticket
 * was deleted), and an end that says why the ticket is there. Without an end, the CRM placed the ticket on this
 * conversation, or deleted it, at that version.
 *
 * | end | meaning |
 * | --- | --- |
 * | `+` + 14 | the CRM placed it, at another version |
 * | `*` | the Task names it |
 * | `?` | the Task named it: `kept` |
 * | `!` | neither: it is not shown |
 * | 14 after `*`, `?` or `!` | the version at which the CRM took it off this conversation |
 * | `<ticket>:` + 14 | the same, and nothing else is known of the ticket |
 * | `'` + 1 | `titleUnits` |
 * | `>` + id | `alias` |
 */
export function printTicket(
  ticket: string,
  { version, urlHash, placement, naming, alias, titleUnits }: LedgerEntry,
): string {
  const aliasEnd = alias === undefined ? '' : `>${alias}`;
  const end = `${titleUnits > 0 ? `'${digits.charAt(titleUnits)}` : ''}${aliasEnd}`;
  const placedAt = placement === undefined ? '' : printVersion(placement.version);
  if (version === unknownVersion) return `${ticket}:${placedAt}${aliasEnd}`;
  const start = `${ticket}${printVersion(version)}${urlHash ?? deleted}`;
  const isPlain = placement?.version === version && placement.placed === (urlHash !== undefined);
  if (isPlain) return `${start}${end}`;
  if (placement?.placed) return `${start}+${placedAt}${end}`;
  const sign = naming === 'named' ? '*' : naming === 'kept' ? '?' : '!';
  return `${start}${sign}${placedAt}${end}`;
}

/** Parses such a word. Undefined if the text is not one. */
export function parseTicket(word: string): [ticket: string, entry: LedgerEntry] | undefined {
  // Stryker disable next-line ArrayDeclaration,StringLiteral: the first item of a match is not read, and a match has a version.
  const [, left, leftAt = '', leftAlias] = leftWord.exec(word) ?? [];
  if (left !== undefined) {
    const placement = { version: parseVersion(leftAt), placed: false };
    const rest = { version: unknownVersion, urlHash: undefined, naming: undefined, titleUnits: 0 };
    return [left, { ...rest, placement, alias: leftAlias }];
  }
  // Stryker disable next-line ArrayDeclaration,StringLiteral: the first item of a match is not read, and a match has a version.
  const [, ticket, at = '', hash, sign, placedAt, units, alias] = ticketWord.exec(word) ?? [];
  if (ticket === undefined) return undefined;
  const version = parseVersion(at);
  const urlHash = hash === deleted ? undefined : hash;
  const ownPlacement = { version, placed: urlHash !== undefined };
  const told = placedAt && { version: parseVersion(placedAt), placed: sign === '+' };
  const placement = sign === undefined ? ownPlacement : told || undefined;
  const naming = sign === '*' ? 'named' : sign === '?' ? 'kept' : undefined;
  const titleUnits = units === undefined ? 0 : digits.indexOf(units);
  return [ticket, { version, urlHash, placement, naming, alias, titleUnits }];
}

/** A version in 14 digits of 6 bits. */
export function printVersion(version: bigint): string {
  let text = '';
  for (let rest = version; rest > 0n; rest >>= 6n) text = digits.charAt(Number(rest & 63n)) + text;
  return text.padStart(versionLength, digits.charAt(0));
}

export function parseVersion(text: string): bigint {
  return [...text].reduce((version, digit) => (version << 6n) | BigInt(digits.indexOf(digit)), 0n);
}
