import type { JsonObject } from '../../shared/json.ts';
import type { TicketChangeMessage } from '../../shared/messages/message.ts';

/** A Task as the sync finds it. */
interface FoundTask {
  readonly sid: string;
  readonly attributes: JsonObject;
  readonly hasSegment: boolean;
}

type Word = 'link' | 'deleted' | 'placed' | 'off';

/**
 * Which tickets a Task has to show, by the rule alone: those that it names now and those that the CRM
 * placed there by a SID, unless they are deleted. Of each kind of word the one with the highest version
 * counts, in any order.
 */
export const createExpectedTickets = () => {
  const newest = new Map<string, number>();
  const leftFor = new Map<string, number>();
  /**
   * Tickets that the Task named at one of our writes, and lost together with our ledger, while it names no
   * other: `sure` to be shown. Only `possible` if nothing on the Task can tell a decision from that.
   */
  const kept = new Map<string, 'sure' | 'possible'>();
  /** Links of this batch that reach the Task by its name only, with the version of the link before. */
  let heardByName = new Map<string, number>();
  /** Versions of links whose ticket the Task stopped naming during our write. */
  const maybeHeard = new Map<string, number>();
  const namedAtWrites = new Set<string>();
  let namedAtLastWrite: string | undefined;
  const told = (ticket: string, word: Word) => newest.get(`${word} ${ticket}`) ?? 0;
  const tell = (ticket: string, version: number, ...words: readonly Word[]): void => {
    for (const word of words)
      newest.set(`${word} ${ticket}`, Math.max(version, told(ticket, word)));
  };

  return {
    /**
     * The CRM's words of a batch. A change without a SID of this Task reaches it only if the Task names or
     * has the ticket, or gets it from an older change in the same batch.
     */
    hear: (batch: readonly TicketChangeMessage[], { sid, attributes, hasSegment }: FoundTask) => {
      heardByName = new Map();
      for (const { change } of batch) {
        const { ticket, link, exclusive = false, correlation } = change;
        const version = Number(change.version);
        const isNamed = nameOf(attributes) === ticket;
        const left = leftFor.get(ticket) ?? 0;
        const isBroughtAlong = batch.some(
          ({ change: other }) =>
            other.ticket === ticket &&
            other.link !== null &&
            other.correlation.taskSid === sid &&
            Number(other.version) < version &&
            Number(other.version) > left,
        );
        const isReached = hasInLedger(attributes, ticket) || isBroughtAlong;
        if (correlation.taskSid === sid) {
          if (link !== null) tell(ticket, version, 'link', 'placed');
          else tell(ticket, version, 'off', ...(exclusive ? ['deleted' as const] : []));
        } else if (correlation.taskSid !== undefined) {
          // The other Task knows it: an older change that comes later is stale.
          tell(ticket, version - 1, 'off');
          leftFor.set(ticket, Math.max(version, left));
        } else if (link === null) {
          if (isNamed || isReached) tell(ticket, version, 'off', 'deleted');
        } else if (!exclusive || left <= version) {
          // A change that found no Task comes back.
          // A link waits for a segment, and the Task may have stopped naming the ticket by then.
          if (isNamed && hasSegment) {
            if (!isReached && !heardByName.has(ticket))
              heardByName.set(ticket, told(ticket, 'link'));
            tell(ticket, version, 'link');
          }
          if (exclusive && isNamed) tell(ticket, version, 'off');
          if (exclusive && (isReached || left > 0)) tell(ticket, version - 1, 'off');
          if (exclusive && left > 0) leftFor.set(ticket, version);
        }
      }
    },
    /** We write to the Task. */
    write: ({ attributes }: FoundTask) => {
      namedAtLastWrite = nameOf(attributes);
      if (namedAtLastWrite !== undefined) namedAtWrites.add(namedAtLastWrite);
    },
    /** Somebody takes the name of a ticket off the Task between our read and our write. */
    unname: (before: JsonObject, after: JsonObject): void => {
      const ticket = nameOf(before);
      const previous = heardByName.get(ticket ?? '');
      if (ticket === undefined || previous === undefined || nameOf(after) === ticket) return;
      maybeHeard.set(ticket, told(ticket, 'link'));
      newest.set(`link ${ticket}`, previous);
    },
    /** Somebody else replaces the Task's attributes, maybe by what they were earlier. */
    replace: (found: FoundTask, after: JsonObject, isStale: boolean): void => {
      const { attributes: before, hasSegment } = found;
      const [named, name] = [nameOf(before), nameOf(after)];
      for (const ticket of namedAtWrites) {
        const isLost = !hasInLedger(after, ticket);
        const wasKnown = ticket === namedAtLastWrite && hasInLedger(before, ticket);
        const isSure = ticket === named && wasKnown && isLost && hasSegment;
        if (name === undefined && isSure) kept.set(ticket, 'sure');
        else if (
          name === undefined
            ? (isStale || isLost) && !kept.has(ticket)
            : isStale || kept.has(ticket)
        )
          kept.set(ticket, 'possible');
      }
    },
    /** Which of these tickets the Task has to show, and which it may show. */
    of: (attributes: JsonObject, tickets: readonly string[]) => {
      const belongs = (ticket: string, isKept: boolean, linked = told(ticket, 'link')): boolean => {
        const deleted = told(ticket, 'deleted');
        const isDeleted = deleted > 0 && deleted >= linked;
        const isPlaced = told(ticket, 'placed') > told(ticket, 'off');
        const name = nameOf(attributes);
        return !isDeleted && (isPlaced || name === ticket || (isKept && name === undefined));
      };
      const isSure = (ticket: string): boolean =>
        kept.get(ticket) === 'sure' && told(ticket, 'placed') + told(ticket, 'deleted') === 0;
      return {
        sure: tickets.filter((ticket) => belongs(ticket, isSure(ticket))),
        possible: tickets.filter((ticket) => {
          const linked = Math.max(told(ticket, 'link'), maybeHeard.get(ticket) ?? 0);
          return belongs(ticket, kept.has(ticket), linked);
        }),
      };
    },
  };
};

/** The ticket that a Task names. */
const nameOf = ({ zd_ticket_id: id }: JsonObject): string | undefined =>
  id === undefined ? undefined : `zendesk/${id}`;

/** Ids of one digit: no key begins with another. */
const hasInLedger = ({ crm_media_sync: ledger = '' }: JsonObject, ticket: string): boolean =>
  String(ledger).includes(ticket);
