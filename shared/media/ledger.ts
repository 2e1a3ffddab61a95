import { canonical, type JsonObject } from '../json.ts';
import { UnreadableAttributes } from './attributes.ts';
import {
  deleted,
  type LedgerEntry,
  parseTicket,
  parseVersion,
  printTicket,
  printVersion,
  shortHash,
} from './ledger-entry.ts';

/** The Task attribute that contains our ledger. No other program writes it. */
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
  /** The newest version that was evicted because the Task had no room, by source. */
  readonly watermarks: ReadonlyMap<string, bigint>;
  /** Hashes of the items that segments without a list of their own inherited at our last write. */
  readonly inherited: readonly string[];
  /** Whether these items were defaults, not a list at task level. */
  readonly inheritsDefaults: boolean;
  /** Whether the list at task level is ours. It contains our links, and the defaults that it would hide. */
  readonly isTaskListOurs: boolean;
  /** Segments that had their own list before we added to it. */
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

/** The ledger as the text of its attribute. Undefined if it would be empty. */
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
 * Parses the ledger.
 * @throws UnreadableAttributes if the text is not a ledger, or has a format that this code does not know
 */
export function parseLedger(text: string): Ledger {
  const [format, ...words] = text.split(' ');
  if (format !== '1') throw new UnreadableAttributes(`${ledgerAttribute} has an unknown format`);
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
    // Stryker disable ArrayDeclaration,StringLiteral: the first item of a match is not read, nor the source of none.
    const [, kind, inherited] = inheritedWord.exec(word) ?? [];
    const [, created] = createdWord.exec(word) ?? [];
    const [, fingerprint] = fingerprintWord.exec(word) ?? [];
    const [, source = '', watermark] = watermarkWord.exec(word) ?? [];
    // Stryker restore ArrayDeclaration,StringLiteral
    const ticket = parseTicket(word);
    if (word === '^') ledger.isTaskListOurs = true;
    else if (segmentWord.test(word)) ledger.ownLists.add(word);
    else if (inherited !== undefined) {
      ledger.inherited = hashesIn(inherited);
      ledger.inheritsDefaults = kind === '%';
    } else if (created !== undefined) ledger.createdByUs = new Set(hashesIn(created));
    else if (fingerprint !== undefined) ledger.fingerprint = fingerprint;
    else if (watermark !== undefined) ledger.watermarks.set(source, parseVersion(watermark));
    else if (ticket !== undefined) ledger.tickets.set(...ticket);
    else {
      throw new UnreadableAttributes(
        `${ledgerAttribute} holds a word that the ledger does not have`,
      );
    }
  }
  return ledger;
}

/**
 * Whether a ledger names a ticket. It does not parse the whole ledger. This checks Tasks that a search found by an
 * inexact expression.
 */
export function ledgerHolds(text: string, ticket: string): boolean {
  return text.split(' ').some((word) => parseTicket(word)?.[0] === ticket);
}

/** The order of tickets in all of our lists: by the code units of their keys. */
export function byTicket([one]: readonly [string, unknown], [other]: readonly [string, unknown]) {
  // Stryker disable next-line EqualityOperator: no two tickets have one key.
  return one < other ? -1 : 1;
}

/** A hash of all attributes except the ledger. Attributes with the same meaning have the same hash. */
export function fingerprintOf(attributes: JsonObject): string {
  return shortHash(canonical(withoutLedger(attributes)));
}

/**
 * Whether the attributes have the same meaning as after our last write. TaskRouter also sends an event for our own
 * writes, and task-event recognises them by this.
 */
export function isOwnWrite(attributes: JsonObject): boolean {
  const ledger = attributes[ledgerAttribute];
  return typeof ledger === 'string' && ledger.endsWith(` ~${fingerprintOf(attributes)}`);
}

/**
 * The attributes with a ledger without its fingerprint. A fingerprint that no longer fits is no reason to write.
 */
export function withoutFingerprint(attributes: JsonObject): JsonObject {
  const ledger = attributes[ledgerAttribute];
  if (typeof ledger !== 'string') return attributes;
  // Stryker disable next-line StringLiteral: what is compared has the same text in its place.
  return { ...attributes, [ledgerAttribute]: ledger.replace(/ ~[\w-]{4}/, '') };
}

function withoutLedger(attributes: JsonObject): JsonObject {
  const { [ledgerAttribute]: _ledger, ...others } = attributes;
  return others;
}

function hashesIn(text: string): string[] {
  return [...text.matchAll(/.{4}/g)].map(([hash]) => hash);
}
