import { hash } from 'node:crypto';
import { canonical, type JsonObject } from '../json.ts';
import { sourceOf } from '../messages/ticket-change.ts';

/** The Task attribute that holds our ledger. Nobody else writes it. */
export const ledgerAttribute = 'crm_media_sync';

/** The version of a ticket that was last applied to the Task. */
export interface LedgerEntry {
  readonly version: bigint;
  /** `shortHash` of the link's URL; undefined for a tombstone: the link was removed. */
  readonly urlHash: string | undefined;
}

/**
 * The Task's own record of what we wrote to it.
 *
 * It is one string, so that a Task can be found by a ticket it holds with
 * `crm_media_sync CONTAINS "<ticket key>"`. Words are separated by single spaces:
 *
 * | word | meaning |
 * | --- | --- |
 * | `1` | format of the ledger, always first |
 * | `=hashes` | `inherited`, 4 characters an item |
 * | `^` | `isTaskListOurs` |
 * | `WR…` | one of `ownLists` |
 * | `-WR…` | one of `createdByUs` |
 * | `<ticket>` + 14 + 4 | version in base 64, hash of the link's URL or `....` for a tombstone |
 * | `<source>/` + 14 + `....` | the watermark of a source |
 * | `~` + 4 | the fingerprint, always last |
 */
export interface Ledger {
  readonly tickets: ReadonlyMap<string, LedgerEntry>;
  /** By source: the newest version that was evicted because the Task had no room. */
  readonly watermarks: ReadonlyMap<string, bigint>;
  /** Hashes of the items that segments without a list of their own inherited at our last write. */
  readonly inherited: readonly string[];
  /** The task-level list is ours: it holds our links and the defaults that it would hide. */
  readonly isTaskListOurs: boolean;
  /** Segments that had a list of their own before we added to it. */
  readonly ownLists: ReadonlySet<string>;
  /** Blocks that we created and that now hold only what others added. */
  readonly createdByUs: ReadonlySet<string>;
  /** Hash of the other attributes as we wrote them: `fingerprintOf`. */
  readonly fingerprint: string;
}

export const emptyLedger: Ledger = {
  tickets: new Map(),
  watermarks: new Map(),
  inherited: [],
  isTaskListOurs: false,
  ownLists: new Set(),
  createdByUs: new Set(),
  fingerprint: '',
};

const hashLength = 4;

/** 6 bits a digit: room for a `Version`. */
const versionLength = 14;

const tombstone = '....';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const inheritedWord = /^=((?:[\w-]{4})+)$/;
const segmentWord = /^(-?)(WR[0-9a-fA-F]{32})$/;
const fingerprintWord = /^~([\w-]{4})$/;
const ticketWord = /^([a-z][a-z0-9-]{0,31}\/[A-Za-z0-9._~-]{0,64})([\w-]{14})([\w-]{4}|\.{4})$/;

/** The ledger as the text of its attribute; undefined if there is nothing to remember. */
export function printLedger(ledger: Ledger): string | undefined {
  const watermarks = [...ledger.watermarks].map(
    ([source, version]) => [`${source}/`, { version, urlHash: undefined }] as const,
  );
  const words = [
    ...(ledger.inherited.length > 0 ? [`=${ledger.inherited.join('')}`] : []),
    ...(ledger.isTaskListOurs ? ['^'] : []),
    ...[...ledger.ownLists].sort(),
    ...[...ledger.createdByUs].sort().map((sid) => `-${sid}`),
    ...[...watermarks, ...ledger.tickets].sort(byTicket).map(printTicket),
  ];
  return words.length > 0 ? ['1', ...words, `~${ledger.fingerprint}`].join(' ') : undefined;
}

/**
 * Reads the ledger back.
 * @throws Error if the text is not a ledger, or has a format that this code does not know.
 */
export function parseLedger(text: string): Ledger {
  const [format, ...words] = text.split(' ');
  if (format !== '1') throw new Error(`${ledgerAttribute} has an unknown format`);
  const ledger = {
    tickets: new Map<string, LedgerEntry>(),
    watermarks: new Map<string, bigint>(),
    inherited: [] as string[],
    isTaskListOurs: false,
    ownLists: new Set<string>(),
    createdByUs: new Set<string>(),
    fingerprint: '',
  };
  for (const word of words) {
    const [, inherited] = inheritedWord.exec(word) ?? [];
    const [, dash, segment] = segmentWord.exec(word) ?? [];
    const [, fingerprint] = fingerprintWord.exec(word) ?? [];
    const [, ticket, version, urlHash] = ticketWord.exec(word) ?? [];
    if (word === '^') ledger.isTaskListOurs = true;
    else if (inherited !== undefined) ledger.inherited = inherited.match(/.{4}/g) ?? [];
    else if (segment !== undefined) {
      (dash === '' ? ledger.ownLists : ledger.createdByUs).add(segment);
    } else if (fingerprint !== undefined) ledger.fingerprint = fingerprint;
    else if (ticket?.endsWith('/') && version !== undefined) {
      ledger.watermarks.set(sourceOf(ticket), parseVersion(version));
    } else if (ticket !== undefined && version !== undefined) {
      ledger.tickets.set(ticket, {
        version: parseVersion(version),
        urlHash: urlHash === tombstone ? undefined : urlHash,
      });
    } else throw new Error(`${ledgerAttribute} holds a word that the ledger does not have`);
  }
  return ledger;
}

/** Whether a ledger names a ticket, without parsing it whole: for a Task found by a loose search. */
export function ledgerHolds(text: string, ticket: string): boolean {
  return text
    .split(' ')
    .some(
      (word) =>
        word.length === ticket.length + versionLength + hashLength && word.startsWith(ticket),
    );
}

/** 24 bits of SHA-256: enough to recognise one of our links among a Task's few dozen. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, hashLength);
}

/** Order of tickets in every list of ours: by the code units of their keys. */
export function byTicket([one]: readonly [string, unknown], [other]: readonly [string, unknown]) {
  return one < other ? -1 : 1;
}

/** Hash of all attributes but the ledger, by their meaning. */
export function fingerprintOf(attributes: JsonObject): string {
  return shortHash(canonical(withoutLedger(attributes)));
}

/**
 * Whether the attributes mean what they did after our last write. TaskRouter sends an event for our
 * own writes too: this is how task-event recognises them.
 */
export function isOwnWrite(attributes: JsonObject): boolean {
  const ledger = attributes[ledgerAttribute];
  return typeof ledger === 'string' && ledger.endsWith(` ~${fingerprintOf(attributes)}`);
}

/** The attributes with a ledger without fingerprint: one that no longer fits is no reason to write. */
export function withoutFingerprint(attributes: JsonObject): JsonObject {
  const ledger = attributes[ledgerAttribute];
  return typeof ledger === 'string'
    ? { ...attributes, [ledgerAttribute]: ledger.replace(/ ~[\w-]{4}$/, '') }
    : attributes;
}

function withoutLedger(attributes: JsonObject): JsonObject {
  const { [ledgerAttribute]: _ledger, ...others } = attributes;
  return others;
}

function printTicket([ticket, { version, urlHash }]: readonly [string, LedgerEntry]): string {
  return `${ticket}${printVersion(version)}${urlHash ?? tombstone}`;
}

function printVersion(version: bigint): string {
  let text = '';
  for (let rest = version; rest > 0n; rest >>= 6n) text = digits.charAt(Number(rest & 63n)) + text;
  return text.padStart(versionLength, digits.charAt(0));
}

function parseVersion(text: string): bigint {
  return [...text].reduce((version, digit) => (version << 6n) | BigInt(digits.indexOf(digit)), 0n);
}
