import { isObject, type Json, type JsonObject, sameMeaning } from '../json.ts';
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
  /** The attributes to write. Undefined if nothing changes. */
  readonly attributes: string | undefined;
  /** One outcome for each change, in the same order. */
  readonly outcomes: readonly ChangeOutcome[];
  /** Why the Task cannot be rewritten, even without changes. */
  readonly problem?: Rejection;
  /** Our tickets on the Task after the attributes are written. */
  readonly tickets: readonly KnownTicket[];
  readonly budget: Budget;
  /** The tickets whose links are added to a segment or changed there. */
  readonly linked: readonly string[];
  /** The tickets whose links are removed. */
  readonly removed: readonly string[];
  /** Segments whose list starts with a `Raw` link. It hides every other item, also ours. */
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
 * Computes a Task's attributes. Every accepted, wrapping or completed reservation shows the items that it would
 * show without us, and then the links of the Task's tickets. A canceled Task that nobody accepted shows them at
 * task level.
 *
 * This is a pure function: parse, merge, fit, compare, outcomes. It is safe to apply it again, to changes in any
 * order, and to attributes that others have changed in between: `docs/architecture.md`, "The rewrite".
 *
 * @param text the Task's `attributes`, a JSON text
 * @param reservations all reservations of the Task
 * @param changes the changes to merge. Empty: only the known state is reconciled
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
  // A link must wait until a segment can show it. A removal is applied at once.
  const canShow = isAbandoned || accepted.length > 0;
  const waiting = new Set(updates.filter(({ link }) => !canShow && link !== undefined));
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
  const isShownBefore = shownBefore(task.lists, task.managed, fit, place.targets);
  const tickets = [...(fit?.managed ?? task.managed).tickets];
  return {
    attributes: isWritten ? JSON.stringify(fit.attributes) : undefined,
    outcomes: outcomesOf(updates, task.managed, merged, waiting, isShownBefore),
    ...(fit === undefined && { problem: attributesFull }),
    tickets: tickets.flatMap(([ticket, state]) => toKnownTicket(ticket, state) ?? []),
    budget: fit?.budget ?? nothingGivenUp,
    ...(isWritten ? linkChanges(task.managed, fit.managed, isShownBefore) : noLinkChanges),
    hidden: hiddenSegments(fit?.attributes ?? task.attributes, place.targets),
  };
}

/** Where our links are written. */
type Place = Pick<Room, 'targets' | 'taskLevelOnly'>;

/** Shows the items that every segment without its own list shows. */
const anySegment = '';

const taskLevel: Place = { targets: [anySegment], taskLevelOnly: true };

function on(targets: readonly string[]): Place {
  return { targets, taskLevelOnly: false };
}

/**
 * The place of our links if no segment can show them, e.g. between two agents. They stay where they are, and the
 * next segment inherits them.
 */
function whereLinksAre({ lists, urls }: TaskMedia): Place {
  const hasOurs = (list: readonly Json[]) => itemsOfOurs(list, urls).size > 0;
  const blocks = [...lists.byReservation].filter(([, list]) => hasOurs(list));
  const sids = blocks.map(([sid]) => sid);
  const isAtTaskLevel = lists.taskList !== undefined && hasOurs(lists.taskList);
  return isAtTaskLevel ? { targets: [anySegment, ...sids], taskLevelOnly: true } : on(sids);
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
    // Stryker disable next-line ConditionalExpression: nothing else is thrown, unless this code has a defect.
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
 * Whether a Task's attributes are unchanged since our last write, and contain everything that is to be confirmed.
 * Then a confirmation does not need to read the reservations: only a later segment could need an update, and
 * TaskRouter sends an event for it.
 *
 * @param text the Task's `attributes`, a JSON text
 * @param confirmed the tickets that were written. A writer may have restored an older state, with our ledger
 */
export function isUntouched(
  text: string,
  confirmed: readonly KnownTicket[],
  options: {
    status?: TaskStatus | undefined;
    namedTickets: (attributes: JsonObject) => readonly NamedTicket[];
  },
): boolean {
  // Stryker disable next-line ArrayDeclaration,BooleanLiteral: attributes without room for a list have none of ours.
  const task = parse(text, [], false);
  if ('outcome' in task || !isOwnWrite(task.attributes)) return false;
  const segments = [...task.lists.byReservation.keys()].map(accepted);
  return (
    segments.length > 0 && rewrite(text, segments, confirmed, options).attributes === undefined
  );
}

function accepted(sid: string): Reservation {
  return { sid, status: 'completed' };
}
