import { canonical, isObject, type JsonObject, sameMeaning } from '../json.ts';
import type { KnownTicket } from '../messages/message.ts';
import { isTarget } from '../messages/segments.ts';
import type { Reservation } from '../taskrouter/task-router.ts';
import { checkRoom, effectiveMedia, readAttributes, readLedger, Unreadable } from './attributes.ts';
import { withoutSeal } from './ledger.ts';
import {
  type Budget,
  type Fit,
  inCharacters,
  linksOf,
  type Measure,
  maximumLength,
  shrinkToFit,
} from './render.ts';
import {
  isBelowFloor,
  liveHashes,
  mergeChanges,
  type Ours,
  readOurs,
  stateOf,
  wins,
} from './tickets.ts';
import { foreignPart } from './unmanaged.ts';

export interface Rewrite {
  /** The attributes to write, or undefined where there is nothing to change. */
  readonly attributes: string | undefined;
  /** One for each change, in the order given. */
  readonly outcomes: readonly ChangeOutcome[];
  /** What keeps the Task from being as it should, whatever the changes. */
  readonly problem?: Rejected;
  /** What the Task knows of our tickets once the attributes are written. */
  readonly tickets: readonly KnownTicket[];
  readonly budget: Budget;
  /** Segments whose list starts with a `Raw` link, which hides every other item, ours included. */
  readonly hidden: readonly string[];
}

const nothingGivenUp: Budget = { folded: false, titlesDropped: false, evicted: [] };

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
export function rewrite(
  text: string,
  reservations: readonly Reservation[],
  changes: readonly KnownTicket[],
  measure: Measure = inCharacters,
): Rewrite {
  const targets = reservations.filter(isTarget).map(({ sid }) => sid);
  try {
    const attributes = readAttributes(text);
    const ledger = readLedger(attributes);
    checkRoom(attributes, targets);

    const before = readOurs(attributes, ledger);
    const takeIn = (accepted: readonly KnownTicket[]) => {
      const wanted = mergeChanges(before, accepted);
      const urlHashes = liveHashes(before.tickets).union(liveHashes(wanted.tickets));
      const foreign = foreignPart(attributes, ledger, urlHashes);
      return { wanted, fitting: shrinkToFit(foreign, wanted, targets, measure) };
    };
    let accepted = applicable(changes, targets);
    let { wanted, fitting } = takeIn(accepted);
    const tooLarge = new Set<string>();
    while (fitting === undefined && accepted.length > 0) {
      const { ticket } = newestOf(accepted);
      tooLarge.add(ticket);
      accepted = accepted.filter((change) => change.ticket !== ticket);
      ({ wanted, fitting } = takeIn(accepted));
    }

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
        fitting === undefined || isSame(attributes, fitting.attributes) ? undefined : fitting.text,
      outcomes: judgeChanges(changes, before, wanted, fitting, tooLarge, isShown),
      ...(fitting === undefined && { problem: full }),
      tickets: ticketsOf(fitting?.ours ?? before),
      budget: fitting?.budget ?? nothingGivenUp,
      hidden: targets.filter((sid) => {
        const [first] = effectiveMedia(result, sid);
        return isObject(first) && first['type'] === 'Raw';
      }),
    };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const detail = error.message;
    const problem = { outcome: 'rejected', reason: 'attributes-unreadable', detail } as const;
    return {
      attributes: undefined,
      outcomes: changes.map(() => problem),
      problem,
      tickets: [],
      budget: nothingGivenUp,
      hidden: [],
    };
  }
}

/** Why a change cannot be applied to a Task. */
export type Rejection = 'attributes-full' | 'attributes-unreadable';

/** What can never be applied as it is. The detail holds nothing of what stands on the Task. */
interface Rejected {
  readonly outcome: 'rejected';
  readonly reason: Rejection;
  readonly detail: string;
}

/** What a change came to. */
type ChangeOutcome =
  | { readonly outcome: 'linked' | 'removed' | 'unchanged' | 'stale' | 'waiting' }
  | Rejected;

const full: Rejected = {
  outcome: 'rejected',
  reason: 'attributes-full',
  detail: `the Task has no room for it within ${maximumLength} characters`,
};

function isNewer(one: KnownTicket, other: KnownTicket): boolean {
  return (one.link === null) === (other.link === null)
    ? BigInt(one.version) > BigInt(other.version)
    : one.link !== null;
}

/** The newest link is the last to make room: where nothing fits, it is what there is no room for. */
function newestOf(changes: readonly KnownTicket[]): KnownTicket {
  return changes.reduce((newest, change) => (isNewer(change, newest) ? change : newest));
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  return sameMeaning(withoutSeal(one), withoutSeal(other));
}

/** Less those whose link somebody took out of every list: only its hash is known. */
function ticketsOf({ tickets }: Ours): readonly KnownTicket[] {
  return [...tickets].flatMap(([ticket, { version, urlHash, link }]) =>
    urlHash !== undefined && link === undefined
      ? []
      : [{ ticket, version: String(version), link: link ?? null }],
  );
}

/** Links wait for a segment to show them; all else is known at once. */
function applicable(changes: readonly KnownTicket[], targets: readonly string[]) {
  return targets.length > 0 ? changes : changes.filter(({ link }) => link === null);
}

/**
 * Judges each change by what was known of its ticket before, and what stands now.
 * @param wanted what is known with the changes taken in
 * @param fitting what is written of it; undefined where it has no room
 * @param tooLarge tickets whose changes were not taken in, as nothing would fit with them
 * @param isShown whether a ticket was as it is now before the changes
 */
function judgeChanges(
  changes: readonly KnownTicket[],
  before: Ours,
  wanted: Ours,
  fitting: Fit | undefined,
  tooLarge: ReadonlySet<string>,
  isShown: (ticket: string) => boolean,
): ChangeOutcome[] {
  const credited = new Set<string>();
  return changes.map((change): ChangeOutcome => {
    const state = stateOf(change);
    const known = wanted.tickets.get(change.ticket);
    const notTakenIn: ChangeOutcome = tooLarge.has(change.ticket) ? full : { outcome: 'waiting' };
    if (known === undefined) return isBelowFloor(before, change) ? full : notTakenIn;
    if (wins(known, state)) return { outcome: 'stale' };
    if (wins(state, known)) return notTakenIn;
    if (fitting?.budget.evicted.includes(change.ticket)) return full;
    const isNews = !isShown(change.ticket) && !credited.has(change.ticket);
    if (!isNews) return { outcome: 'unchanged' };
    if (fitting === undefined) return full;
    credited.add(change.ticket);
    return { outcome: change.link === null ? 'removed' : 'linked' };
  });
}
