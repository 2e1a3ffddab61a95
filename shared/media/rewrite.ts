import { isObject, type JsonObject, sameMeaning } from '../json.ts';
import type { KnownTicket } from '../messages/message.ts';
import { isTarget, type Reservation, type TaskStatus } from '../messages/segments.ts';
import { checkRoom, effectiveMedia, mediaLists, UnreadableAttributes } from './attributes.ts';
import { type Budget, inCharacters, type Measure, type Room } from './fit.ts';
import { isOwnWrite, withoutFingerprint } from './ledger.ts';
import { mergeAndFit } from './merge-and-fit.ts';
import {
  attributesFull,
  type ChangeOutcome,
  linkChanges,
  outcomesOf,
  type Rejection,
  shownBefore,
} from './outcomes.ts';
import { itemsOfOurs, parseTaskMedia, type TaskMedia } from './task-media.ts';
import { type NamedTicket, toKnownTicket, toTicketUpdate, withoutLink } from './tickets.ts';

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
  /** The tickets whose links come to a segment with these attributes, or change there. */
  readonly linked: readonly string[];
  /** The tickets whose links go with them. */
  readonly removed: readonly string[];
  /** Segments whose list starts with a `Raw` link, which hides every other item, ours included. */
  readonly hidden: readonly string[];
}

interface RewriteOptions {
  /** How the length of the attributes is counted. */
  readonly measure?: Measure;
  /** The Task's status. */
  readonly status?: TaskStatus | undefined;
  /** The tickets that the Task names in its attributes. */
  readonly namedTickets?: (attributes: JsonObject) => readonly NamedTicket[];
}

/**
 * Brings a Task's attributes to what they should be: every accepted, wrapping or completed
 * reservation shows what it would show without us, and then the links of the Task's tickets. A canceled
 * Task that nobody accepted shows them at task level.
 *
 * A pure function: parse, merge, fit, compare, outcomes. It is safe to apply again, to changes in any
 * order, and to attributes that others wrote to in between: `docs/architecture.md`, "The rewrite".
 *
 * @param text the Task's `attributes`, a JSON text
 * @param reservations all reservations of the Task
 * @param changes to merge; none to reconcile what is already known
 */
export function rewrite(
  text: string,
  reservations: readonly Reservation[],
  changes: readonly KnownTicket[],
  { measure = inCharacters, status, namedTickets = () => [] }: RewriteOptions = {},
): Rewrite {
  const accepted = reservations.filter(isTarget).map(({ sid }) => sid);
  const isAbandoned = accepted.length === 0 && status === 'canceled';
  const task = parse(text, accepted, isAbandoned);
  if ('outcome' in task) return rejected(changes, task);

  const place = isAbandoned ? taskLevel : accepted.length > 0 ? on(accepted) : whereLinksAre(task);
  const updates = changes.map(toTicketUpdate);
  // A link waits for a segment to show it. That the ticket is off the conversation is known at once.
  const canShow = isAbandoned || accepted.length > 0;
  const waiting = new Set(canShow ? [] : updates.filter(({ link }) => link !== undefined));
  const merged = mergeAndFit(task, {
    updates: updates.flatMap((update) =>
      waiting.has(update) ? (withoutLink(update) ?? []) : update,
    ),
    named: namedTickets(task.attributes),
    canAdd: canShow,
    measure,
    ...place,
  });

  const { fit } = merged;
  const isWritten = fit !== undefined && !isSame(task.attributes, fit.attributes);
  const shownOn = place.taskLevelOnly ? [anySegment] : place.targets;
  const isShownBefore = shownBefore(task.lists, task.managed, merged, shownOn);
  const tickets = [...(fit?.managed ?? task.managed).tickets];
  return {
    attributes: isWritten ? JSON.stringify(fit.attributes) : undefined,
    outcomes: outcomesOf(updates, task.managed, merged, waiting, isShownBefore),
    ...(fit === undefined && { problem: attributesFull }),
    tickets: tickets.flatMap(([ticket, state]) => toKnownTicket(ticket, state) ?? []),
    budget: fit?.budget ?? nothingGivenUp,
    ...(isWritten ? linkChanges(task.managed, fit.managed, isShownBefore) : noLinkChanges),
    hidden: hiddenSegments(fit?.attributes ?? task.attributes, shownOn),
  };
}

/** Where our links are written. */
type Place = Pick<Room, 'targets' | 'taskLevelOnly'>;

const taskLevel: Place = { targets: [], taskLevelOnly: true };

/** Shows what every segment without a list of its own shows. */
const anySegment = '';

function on(targets: readonly string[]): Place {
  return { targets, taskLevelOnly: false };
}

/**
 * Without a segment to show them, our links stay where they are, e.g. between two agents: the next segment
 * takes them from there.
 */
function whereLinksAre({ lists, urls }: TaskMedia): Place {
  const blocks = [...lists.byReservation].filter(([, list]) => itemsOfOurs(list, urls).size > 0);
  const isAtTaskLevel = itemsOfOurs(lists.taskList ?? [], urls).size > 0;
  return isAtTaskLevel ? taskLevel : on(blocks.map(([sid]) => sid));
}

const noLinkChanges = { linked: [], removed: [] };

const nothingGivenUp: Budget = { atTaskLevel: false, titlesDropped: false, evicted: [] };

function parse(
  text: string,
  targets: readonly string[],
  taskLevel: boolean,
): TaskMedia | Rejection {
  try {
    const task = parseTaskMedia(text);
    checkRoom(task.attributes, targets, taskLevel);
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
    ...noLinkChanges,
    hidden: [],
  };
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  return sameMeaning(withoutFingerprint(one), withoutFingerprint(other));
}

function hiddenSegments(attributes: JsonObject, targets: readonly string[]): readonly string[] {
  const lists = mediaLists(attributes);
  return targets.filter((sid) => {
    const [first] = effectiveMedia(lists, sid);
    return isObject(first) && first['type'] === 'Raw';
  });
}

/**
 * Whether a Task's attributes are as our last write left them, and hold all that was to be confirmed. Then a
 * confirmation need not read the reservations: only a later segment could need something, and TaskRouter sends
 * an event for it.
 *
 * @param text the Task's `attributes`, a JSON text
 * @param confirmed what was written: a writer may have put back an older state, our ledger included
 */
export function isUntouched(
  text: string,
  confirmed: readonly KnownTicket[],
  options: {
    status?: TaskStatus | undefined;
    namedTickets: (attributes: JsonObject) => readonly NamedTicket[];
  },
): boolean {
  try {
    const { attributes, lists } = parseTaskMedia(text);
    if (!isOwnWrite(attributes)) return false;
    const segments = [...lists.byReservation.keys()].map(accepted);
    return (
      segments.length > 0 && rewrite(text, segments, confirmed, options).attributes === undefined
    );
  } catch (error) {
    if (error instanceof UnreadableAttributes) return false;
    throw error;
  }
}

function accepted(sid: string): Reservation {
  return { sid, status: 'completed' };
}
