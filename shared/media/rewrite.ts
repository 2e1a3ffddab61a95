import { isObject, type JsonObject, sameMeaning } from '../json.ts';
import type { KnownTicket } from '../messages/message.ts';
import { isTarget, type Reservation } from '../messages/segments.ts';
import { checkRoom, effectiveMedia, mediaLists, UnreadableAttributes } from './attributes.ts';
import { type Budget, inCharacters, type Measure } from './fit.ts';
import { withoutFingerprint } from './ledger.ts';
import { mergeAndFit } from './merge-and-fit.ts';
import {
  attributesFull,
  type ChangeOutcome,
  outcomesOf,
  type Rejection,
  shownBefore,
} from './outcomes.ts';
import { parseTaskMedia, type TaskMedia } from './task-media.ts';
import { type Managed, toTicketUpdate } from './tickets.ts';

export interface Rewrite {
  /** The attributes to write; undefined if there is nothing to change. */
  readonly attributes: string | undefined;
  /** One for each change, in the order given. */
  readonly outcomes: readonly ChangeOutcome[];
  /** Why the Task cannot be rewritten, also without any change. */
  readonly problem?: Rejection;
  /** What the Task knows of our tickets once the attributes are written. */
  readonly tickets: readonly KnownTicket[];
  readonly budget: Budget;
  /** Segments whose list starts with a `Raw` link, which hides every other item, ours included. */
  readonly hidden: readonly string[];
}

/**
 * Brings a Task's attributes to what they should be: every accepted, wrapping or completed
 * reservation shows what it would show without us, and then the links of the Task's tickets.
 *
 * A pure function: parse, merge, fit, compare, outcomes. It is safe to apply again, to changes in any
 * order, and to attributes that others wrote to in between: `docs/architecture.md`, "The rewrite".
 *
 * @param text the Task's `attributes`, a JSON text
 * @param reservations all reservations of the Task
 * @param changes to merge; none to reconcile what is already known
 * @param measure how the length of the attributes is counted
 */
export function rewrite(
  text: string,
  reservations: readonly Reservation[],
  changes: readonly KnownTicket[],
  measure: Measure = inCharacters,
): Rewrite {
  const targets = reservations.filter(isTarget).map(({ sid }) => sid);
  const task = parse(text, targets);
  if ('outcome' in task) return rejected(changes, task);

  const updates = changes.map(toTicketUpdate);
  // A link waits for a segment to show it. A removal is known at once.
  const applicable = targets.length > 0 ? updates : updates.filter(({ link }) => !link);
  const merged = mergeAndFit(task, applicable, targets, measure);

  const { fit } = merged;
  const isWritten = fit !== undefined && !isSame(task.attributes, fit.attributes);
  const isShown = shownBefore(task.lists, task.managed, merged, targets);
  return {
    attributes: isWritten ? JSON.stringify(fit.attributes) : undefined,
    outcomes: outcomesOf(updates, task.managed, merged, isShown),
    ...(fit === undefined && { problem: attributesFull }),
    tickets: knownTickets(fit?.managed ?? task.managed),
    budget: fit?.budget ?? nothingGivenUp,
    hidden: hiddenSegments(fit?.attributes ?? task.attributes, targets),
  };
}

const nothingGivenUp: Budget = { atTaskLevel: false, titlesDropped: false, evicted: [] };

function parse(text: string, targets: readonly string[]): TaskMedia | Rejection {
  try {
    const task = parseTaskMedia(text);
    checkRoom(task.attributes, targets);
    return task;
  } catch (error) {
    if (!(error instanceof UnreadableAttributes)) throw error;
    return { outcome: 'rejected', reason: 'attributes-unreadable', detail: error.message };
  }
}

function rejected(changes: readonly KnownTicket[], problem: Rejection): Rewrite {
  return {
    attributes: undefined,
    outcomes: changes.map(() => problem),
    problem,
    tickets: [],
    budget: nothingGivenUp,
    hidden: [],
  };
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  return sameMeaning(withoutFingerprint(one), withoutFingerprint(other));
}

/** Without tickets whose link somebody removed from every list: only its hash is known. */
function knownTickets({ tickets }: Managed): readonly KnownTicket[] {
  return [...tickets].flatMap(([ticket, { version, urlHash, link }]) =>
    urlHash !== undefined && link === undefined
      ? []
      : [{ ticket, version: String(version), link: link ?? null }],
  );
}

function hiddenSegments(attributes: JsonObject, targets: readonly string[]): readonly string[] {
  const lists = mediaLists(attributes);
  return targets.filter((sid) => {
    const [first] = effectiveMedia(lists, sid);
    return isObject(first) && first['type'] === 'Raw';
  });
}
