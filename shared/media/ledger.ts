import { canonical, type JsonObject } from '../json.ts';
import {
  deleted,
  type LedgerEntry,
  parseTicket,
  parseVersion,
  printTicket,
  printVersion,
  shortHash,
} from './ledger-entry.ts';

/** The Task attribute that holds our ledger. Nobody else writes it. */
export const ledgerAttribute = 'crm_media_sync';

/**
 * The Task's own record of what we wrote to it.
 *
 * It is one string, so that a Task can be found by a ticket it holds with
 * `crm_media_sync CONTAINS '<ticket key>'`. Words are separated by single spaces:
 *
 * | word | meaning |
 * | --- | --- |
 * | `1` | format of the ledger, always first |
 * | `=hashes` | `inherited`, 4 characters an item; `%hashes` if the items are defaults |
 * | `^` | `isTaskListOurs` |
 * | `WR…` | one of `ownLists` |
 * | `&hashes` | `createdByUs`, 4 characters a segment |
 * | `<source>/<id>`… | a ticket: `printTicket` |
 * | `<source>/` + 14 + `....` | the watermark of a source |
 * | `~` + 4 | the fingerprint, always last |
 */
export interface Ledger {
  readonly tickets: ReadonlyMap<string, LedgerEntry>;
  /** By source: the newest version that was evicted because the Task had no room. */
  readonly watermarks: ReadonlyMap<string, bigint>;
  /** Hashes of the items that segments without a list of their own inherited at our last write. */
  readonly inherited: readonly string[];
  /** These items were defaults, not a list at task level. */
  readonly inheritsDefaults: boolean;
  /** The task-level list is ours: it holds our links and the defaults that it would hide. */
  readonly isTaskListOurs: boolean;
  /** Segments that had a list of their own before we added to it. */
  readonly ownLists: ReadonlySet<string>;
  /** `shortHash` of the SIDs of segments whose list we created. */
  readonly createdByUs: ReadonlySet<string>;
  /** Hash of the other attributes as we wrote them: `fingerprintOf`. */
  readonly fingerprint: string;
}

export const emptyLedger: Ledger = {
  tickets: new Map(),
  watermarks: new Map(),
  inherited: [],
  inheritsDefaults: false,
  isTaskListOurs: false,
  ownLists: new Set(),
  createdByUs: new Set(),
  fingerprint: '',
};

const inheritedWord = /^([=%])((?:[\w-]{4})+)$/;
const segmentWord = /^WR[0-9a-fA-F]{32}$/;
const createdWord = /^&((?:[\w-]{4})+)$/;
const fingerprintWord = /^~([\w-]{4})$/;
const watermarkWord = /^([a-z][a-z0-9-]{0,31})\/([\w-]{14})\.{4}$/;
/** The ledger as the text of its attribute; undefined if there is nothing to remember. */
export function printLedger(ledger: Ledger): string | undefined {
  const { inherited, inheritsDefaults, createdByUs } = ledger;
  const tickets = [
    ...[...ledger.watermarks].map(
      ([source, version]) =>
        [`${source}/`, `${source}/${printVersion(version)}${deleted}`] as const,
    ),
    ...[...ledger.tickets].map(([ticket, entry]) => [ticket, printTicket(ticket, entry)] as const),
  ];
  const words = [
    ...(inherited.length > 0 ? [`${inheritsDefaults ? '%' : '='}${inherited.join('')}`] : []),
    ...(ledger.isTaskListOurs ? ['^'] : []),
    ...[...ledger.ownLists].sort(),
    ...(createdByUs.size > 0 ? [`&${[...createdByUs].sort().join('')}`] : []),
    ...tickets.sort(byTicket).map(([, word]) => word),
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
    inheritsDefaults: false,
    isTaskListOurs: false,
    ownLists: new Set<string>(),
    createdByUs: new Set<string>(),
    fingerprint: '',
  };
  for (const word of words) {
    // Stryker disable ArrayDeclaration: the first item of a match is not read.
    const [, kind, inherited] = inheritedWord.exec(word) ?? [];
    const [, created] = createdWord.exec(word) ?? [];
    const [, fingerprint] = fingerprintWord.exec(word) ?? [];
    const [, source, watermark] = watermarkWord.exec(word) ?? [];
    // Stryker restore ArrayDeclaration
    const ticket = parseTicket(word);
    if (word === '^') ledger.isTaskListOurs = true;
    else if (segmentWord.test(word)) ledger.ownLists.add(word);
    else if (inherited !== undefined) {
      ledger.inherited = hashesIn(inherited);
      ledger.inheritsDefaults = kind === '%';
    } else if (created !== undefined) ledger.createdByUs = new Set(hashesIn(created));
    else if (fingerprint !== undefined) ledger.fingerprint = fingerprint;
    // Stryker disable next-line ConditionalExpression,LogicalOperator: a match has both groups.
    else if (source !== undefined && watermark !== undefined) {
      ledger.watermarks.set(source, parseVersion(watermark));
    } else if (ticket !== undefined) ledger.tickets.set(...ticket);
    else throw new Error(`${ledgerAttribute} holds a word that the ledger does not have`);
  }
  return ledger;
}

/** Whether a ledger names a ticket, without parsing it whole: for a Task found by a loose search. */
export function ledgerHolds(text: string, ticket: string): boolean {
  return text.split(' ').some((word) => parseTicket(word)?.[0] === ticket);
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

function hashesIn(text: string): string[] {
  return text.match(/.{4}/g) ?? [];
}
