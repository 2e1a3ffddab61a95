import type { KnownTicket } from '../message/settle.ts';
import type { Reservation } from '../taskrouter/task-router.ts';
import { linksOf } from './dress.ts';
import { effectiveMedia } from './effective-media.ts';
import { foreignPart } from './foreign-part.ts';
import { isTarget } from './is-target.ts';
import { canonical, isObject, type JsonObject, sameMeaning } from './json.ts';
import { type ChangeOutcome, full, judgeChanges, type Rejected } from './judge-changes.ts';
import { mergeChanges, type Ours } from './merge-change.ts';
import { checkRoom, readAttributes, readLedger, Unreadable } from './read-attributes.ts';
import { liveHashes, readOurs } from './read-ours.ts';
import { withoutSeal } from './seal.ts';
import { type Budget, inCharacters, type Measure, shrinkToFit } from './shrink-to-fit.ts';

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

const isNewer = (one: KnownTicket, other: KnownTicket): boolean =>
  (one.link === null) === (other.link === null)
    ? BigInt(one.version) > BigInt(other.version)
    : one.link !== null;

/** The newest link is the last to make room: where nothing fits, it is what there is no room for. */
const newestOf = (changes: readonly KnownTicket[]): KnownTicket =>
  changes.reduce((newest, change) => (isNewer(change, newest) ? change : newest));

const isSame = (one: JsonObject, other: JsonObject): boolean =>
  sameMeaning(withoutSeal(one), withoutSeal(other));

/** Less those whose link somebody took out of every list: only its hash is known. */
const ticketsOf = ({ tickets }: Ours): readonly KnownTicket[] =>
  [...tickets].flatMap(([ticket, { version, urlHash, link }]) =>
    urlHash !== undefined && link === undefined
      ? []
      : [{ ticket, version: String(version), link: link ?? null }],
  );

/** Links wait for a segment to show them; all else is known at once. */
const applicable = (changes: readonly KnownTicket[], targets: readonly string[]) =>
  targets.length > 0 ? changes : changes.filter(({ link }) => link === null);

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
  changes: readonly KnownTicket[],
  measure: Measure = inCharacters,
): Rewrite => {
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
};
