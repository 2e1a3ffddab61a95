import { hash } from 'node:crypto';
import { canonical, type JsonObject } from '../json.ts';
import { sourceOf } from '../messages/ticket-change.ts';

/** The Task attribute that holds our ledger. Nobody else writes it. */
export const ledgerAttribute = 'crm_media_sync';

/** What the ledger knows of one ticket. */
export interface LedgerEntry {
  readonly version: bigint;
  /** `shortHash` of the link's URL; undefined for a tombstone: the link was taken away. */
  readonly urlHash: string | undefined;
}

/**
 * The Task's own record of what we did to it.
 *
 * Written as one string, so that a Task can be found by a ticket it holds with
 * `crm_media_sync CONTAINS "<ticket key>"`. Words are separated by single spaces:
 *
 * | word | meaning |
 * | --- | --- |
 * | `1` | format of the ledger, always first |
 * | `=hashes` | the base that inheriting segments had at our last write, 4 characters an item |
 * | `^` | the task-level list is ours, folded over the defaults |
 * | `WR…` | a segment that had a list of its own, and now holds ours as well |
 * | `-WR…` | a block that we made, which holds none of ours now but what others put there |
 * | `<ticket>` + 14 + 4 | version in base 64, hash of the link's URL or `....` for a tombstone |
 * | `<source>/` + 14 + `....` | tickets not listed here are known no further than this version |
 * | `~` + 4 | the seal: hash of all other attributes as we wrote them, always last |
 */
export interface Ledger {
  readonly tickets: ReadonlyMap<string, LedgerEntry>;
  /** By source: the newest version that had to be dropped for want of room. */
  readonly floors: ReadonlyMap<string, bigint>;
  readonly base: readonly string[];
  readonly foldedOverDefaults: boolean;
  readonly own: ReadonlySet<string>;
  readonly made: ReadonlySet<string>;
  /** Of the other attributes, as `sealOf` gives it. */
  readonly seal: string;
}

export const emptyLedger: Ledger = {
  tickets: new Map(),
  floors: new Map(),
  base: [],
  foldedOverDefaults: false,
  own: new Set(),
  made: new Set(),
  seal: '',
};

const hashLength = 4;

/** 6 bits a digit: room for a `Version`. */
const versionLength = 14;

const tombstone = '....';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 24 bits of SHA-256: enough to know one of ours among a Task's few dozen links. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, hashLength);
}

/** Order of tickets wherever they stand in a row: by the code units of their keys. */
export function byTicket([one]: readonly [string, unknown], [other]: readonly [string, unknown]) {
  return one < other ? -1 : 1;
}

/** The ledger as the text of its attribute; undefined when there is nothing to remember. */
export function printLedger(ledger: Ledger): string | undefined {
  const floors = [...ledger.floors].map(
    ([source, version]) => [`${source}/`, { version, urlHash: undefined }] as const,
  );
  const words = [
    ...(ledger.base.length > 0 ? [`=${ledger.base.join('')}`] : []),
    ...(ledger.foldedOverDefaults ? ['^'] : []),
    ...[...ledger.own].sort(),
    ...[...ledger.made].sort().map((sid) => `-${sid}`),
    ...[...floors, ...ledger.tickets].sort(byTicket).map(printTicket),
  ];
  return words.length > 0 ? ['1', ...words, `~${ledger.seal}`].join(' ') : undefined;
}

/** Whether a ledger knows a ticket, without reading it whole: of a Task found by a loose search. */
export function ledgerHolds(text: string, ticket: string): boolean {
  return text
    .split(' ')
    .some(
      (word) =>
        word.length === ticket.length + versionLength + hashLength && word.startsWith(ticket),
    );
}

const baseWord = /^=((?:[\w-]{4})+)$/;

const segmentWord = /^(-?)(WR[0-9a-fA-F]{32})$/;

const sealWord = /^~([\w-]{4})$/;

const ticketWord = /^([a-z][a-z0-9-]{0,31}\/[A-Za-z0-9._~-]{0,64})([\w-]{14})([\w-]{4}|\.{4})$/;

/**
 * Reads the ledger back.
 * @throws Error when the text is not a ledger of ours, or of a format that this code does not know.
 */
export function parseLedger(text: string): Ledger {
  const [format, ...words] = text.split(' ');
  if (format !== '1') throw new Error(`${ledgerAttribute} is of an unknown format`);
  const ledger = {
    tickets: new Map<string, LedgerEntry>(),
    floors: new Map<string, bigint>(),
    base: [] as string[],
    foldedOverDefaults: false,
    own: new Set<string>(),
    made: new Set<string>(),
    seal: '',
  };
  for (const word of words) {
    const [, base] = baseWord.exec(word) ?? [];
    const [, dash, segment] = segmentWord.exec(word) ?? [];
    const [, seal] = sealWord.exec(word) ?? [];
    const [, ticket, version, urlHash] = ticketWord.exec(word) ?? [];
    if (word === '^') ledger.foldedOverDefaults = true;
    else if (base !== undefined) ledger.base = base.match(/.{4}/g) ?? [];
    else if (segment !== undefined) (dash === '' ? ledger.own : ledger.made).add(segment);
    else if (seal !== undefined) ledger.seal = seal;
    else if (ticket?.endsWith('/') && version !== undefined) {
      ledger.floors.set(sourceOf(ticket), parseVersion(version));
    } else if (ticket !== undefined && version !== undefined) {
      ledger.tickets.set(ticket, {
        version: parseVersion(version),
        urlHash: urlHash === tombstone ? undefined : urlHash,
      });
    } else throw new Error(`${ledgerAttribute} holds a word that is not ours`);
  }
  return ledger;
}

/** Hash of all attributes but the ledger, by their meaning. */
export function sealOf(attributes: JsonObject): string {
  return shortHash(canonical(parts(attributes).others));
}

const sealAtEnd = / ~[\w-]{4}$/;

/**
 * Whether the attributes mean what they did when we last wrote them. TaskRouter tells of our own
 * writes as of any other's: this is how ours are known.
 */
export function isSealed(attributes: JsonObject): boolean {
  const { ledger } = parts(attributes);
  return typeof ledger === 'string' && ledger.endsWith(` ~${sealOf(attributes)}`);
}

/** The attributes with an unsealed ledger: a seal that others have broken is no reason to write. */
export function withoutSeal(attributes: JsonObject): JsonObject {
  const { ledger, others } = parts(attributes);
  return typeof ledger === 'string'
    ? { ...others, [ledgerAttribute]: ledger.replace(sealAtEnd, '') }
    : attributes;
}

function printVersion(version: bigint): string {
  let text = '';
  for (let rest = version; rest > 0n; rest >>= 6n) text = digits.charAt(Number(rest & 63n)) + text;
  return text.padStart(versionLength, digits.charAt(0));
}

function parseVersion(text: string): bigint {
  return [...text].reduce((version, digit) => (version << 6n) | BigInt(digits.indexOf(digit)), 0n);
}

function printTicket([ticket, { version, urlHash }]: readonly [string, LedgerEntry]): string {
  return `${ticket}${printVersion(version)}${urlHash ?? tombstone}`;
}

function parts(attributes: JsonObject) {
  const { [ledgerAttribute]: ledger, ...others } = attributes;
  return { ledger, others };
}
