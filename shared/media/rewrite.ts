import type { TicketChange } from '../message/ticket-change.ts';
import type { Reservation } from '../taskrouter/task-router.ts';
import { linksOf } from './dress.ts';
import { effectiveMedia } from './effective-media.ts';
import { foreignPart } from './foreign-part.ts';
import { canonical, isObject, type JsonObject, parseJson, sameMeaning } from './json.ts';
import { emptyLedger, type Ledger, ledgerAttribute, parseLedger } from './ledger.ts';
import { isBelowFloor, mergeChanges, type Ours, stateOf, wins } from './merge-change.ts';
import { liveHashes, readOurs } from './read-ours.ts';
import {
  type Budget,
  type Fit,
  inCharacters,
  type Measure,
  maximumLength,
  shrinkToFit,
} from './shrink-to-fit.ts';

/** Why a change cannot be applied to a Task. */
export type Rejection = 'attributes-full' | 'attributes-unreadable';

/** What a change came to. */
export type ChangeOutcome =
  | { readonly outcome: 'linked' | 'removed' | 'unchanged' | 'stale' | 'waiting' }
  | { readonly outcome: 'rejected'; readonly reason: Rejection; readonly detail: string };

export interface Rewrite {
  /** The attributes to write, or undefined where there is nothing to change. */
  readonly attributes: string | undefined;
  /** One for each change, in the order given. */
  readonly outcomes: readonly ChangeOutcome[];
  readonly budget: Budget;
  /** Segments whose list starts with a `Raw` link, which hides every other item, ours included. */
  readonly hidden: readonly string[];
}

const targetStatuses: ReadonlySet<string> = new Set(['accepted', 'wrapping', 'completed']);

const nothingGivenUp: Budget = { folded: false, titlesDropped: false, evicted: [] };

class Unreadable extends Error {}

const readAttributes = (text: string): JsonObject => {
  let attributes: ReturnType<typeof parseJson>;
  try {
    attributes = parseJson(text);
  } catch {
    throw new Unreadable('the attributes are not JSON');
  }
  if (!isObject(attributes)) throw new Unreadable('the attributes are not a JSON object');
  return attributes;
};

const readLedger = (attributes: JsonObject): Ledger => {
  const text = attributes[ledgerAttribute];
  if (text === undefined) return emptyLedger;
  if (typeof text !== 'string') throw new Unreadable(`${ledgerAttribute} is not a string`);
  try {
    return parseLedger(text);
  } catch (cause) {
    throw new Unreadable((cause as Error).message, { cause });
  }
};

/** Where our lists go must be free, or an object: what others put there is never overwritten. */
const checkRoom = (attributes: JsonObject, targets: readonly string[]): void => {
  const blocks = attributes['reservation_attributes'] ?? {};
  if (!isObject(blocks)) throw new Unreadable('reservation_attributes is not an object');
  for (const sid of targets) {
    const block = blocks[sid] ?? {};
    if (!isObject(block)) throw new Unreadable(`reservation_attributes.${sid} is not an object`);
    if (!Array.isArray(block['media'] ?? [])) {
      throw new Unreadable(`reservation_attributes.${sid}.media is not a list`);
    }
  }
};

/** Links wait for a segment to show them; all else is known at once. */
const applicable = (changes: readonly TicketChange[], targets: readonly string[]) =>
  targets.length > 0 ? changes : changes.filter(({ link }) => link === null);

/** Judges each change by what was known of its ticket before, and what stands now. */
const judge = (
  changes: readonly TicketChange[],
  before: Ours,
  wanted: Ours,
  fitting: Fit | undefined,
  isShown: (ticket: string) => boolean,
): ChangeOutcome[] => {
  const credited = new Set<string>();
  return changes.map((change): ChangeOutcome => {
    const state = stateOf(change);
    const known = wanted.tickets.get(change.ticket);
    const full: ChangeOutcome = {
      outcome: 'rejected',
      reason: 'attributes-full',
      detail: `the Task has no room for it within ${maximumLength} characters`,
    };
    if (known === undefined) return isBelowFloor(before, change) ? full : { outcome: 'waiting' };
    if (wins(known, state)) return { outcome: 'stale' };
    if (wins(state, known)) return { outcome: 'waiting' };
    if (fitting?.budget.evicted.includes(change.ticket)) return full;
    const isNews = !isShown(change.ticket) && !credited.has(change.ticket);
    if (!isNews) return { outcome: 'unchanged' };
    if (fitting === undefined) return full;
    credited.add(change.ticket);
    return { outcome: change.link === null ? 'removed' : 'linked' };
  });
};

/**
 * Brings a Task's attributes to what they should be: every accepted, wrapping or completed
 * reservation shows what it would show without us, and then the links of the Task's tickets.
 *
 * A pure function, safe to apply again, to changes in any order, and to attributes that others have
 * written to in between: see `docs/architecture.md`, "The rewrite".
 *
 * @param text the Task's `attributes`, a JSON text
 * @param reservations all reservations of the Task
 * @param changes to take in; none to settle what is already known
 * @param measure how the length of the attributes is told
 */
export const rewrite = (
  text: string,
  reservations: readonly Reservation[],
  changes: readonly TicketChange[],
  measure: Measure = inCharacters,
): Rewrite => {
  const targets = reservations
    .filter(({ status }) => targetStatuses.has(status))
    .map(({ sid }) => sid);
  try {
    const attributes = readAttributes(text);
    const ledger = readLedger(attributes);
    checkRoom(attributes, targets);

    const before = readOurs(attributes, ledger);
    const wanted = mergeChanges(before, applicable(changes, targets));
    const urlHashes = liveHashes(before.tickets).union(liveHashes(wanted.tickets));
    const fitting = shrinkToFit(
      foreignPart(attributes, ledger, urlHashes),
      wanted,
      targets,
      measure,
    );

    const isShown = (ticket: string): boolean => {
      const was = before.tickets.get(ticket);
      const is = wanted.tickets.get(ticket);
      if (was?.version !== is?.version || was?.urlHash !== is?.urlHash) return false;
      if (is?.link === undefined || fitting === undefined) return true;
      const { link } = is;
      const shown = linksOf(fitting.ours, fitting.style).find(({ url }) => url === link.url);
      return targets.every((sid) =>
        effectiveMedia(attributes, sid).some(
          (item) => shown !== undefined && canonical(item) === canonical(shown),
        ),
      );
    };
    const result = fitting?.attributes ?? attributes;
    return {
      attributes:
        fitting === undefined || sameMeaning(attributes, fitting.attributes)
          ? undefined
          : fitting.text,
      outcomes: judge(changes, before, wanted, fitting, isShown),
      budget: fitting?.budget ?? nothingGivenUp,
      hidden: targets.filter((sid) => {
        const [first] = effectiveMedia(result, sid);
        return isObject(first) && first['type'] === 'Raw';
      }),
    };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const detail = error.message;
    return {
      attributes: undefined,
      outcomes: changes.map(() => ({
        outcome: 'rejected',
        reason: 'attributes-unreadable',
        detail,
      })),
      budget: nothingGivenUp,
      hidden: [],
    };
  }
};
