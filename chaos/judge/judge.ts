import type { JsonObject } from '../../shared/media/json.ts';
import type { KnownTicket } from '../../shared/message/settle.ts';
import type { Reservation } from '../../shared/taskrouter/task-router.ts';
import { brokenBytes } from './broken-bytes.ts';
import { brokenForeign } from './broken-foreign.ts';
import { brokenTickets } from './broken-tickets.ts';
import { readStanding } from './standing.ts';

/** What a Task may have been denied. */
export const promises = [
  'lost',
  'foreignLost',
  'staleWins',
  'duplicates',
  /** It is not to the letter what it would be had all come in order, once, and undisturbed. */
  'notConverged',
] as const;
export type BrokenPromise = (typeof promises)[number];

/** A Task as it stands, and what it should say. */
export interface Case {
  /** Which Task, for whoever reads of it. */
  readonly name: string;
  /** Its attributes as they stand. */
  readonly attributes: string;
  readonly reservations: readonly Reservation[];
  /** What its attributes would be if we did not exist. */
  readonly untouched: JsonObject;
  /** All changes for it that the door has acknowledged, in any order, and what it names itself. */
  readonly changes: readonly KnownTicket[];
}

export interface Broken {
  readonly promise: BrokenPromise;
  /** Which Task, what was expected and what stands. */
  readonly what: string;
}

/** What is wrong with a Task: nothing, where every promise is kept. */
export const judge = (of: Case): readonly Broken[] => {
  const standing = readStanding(of);
  const broken =
    typeof standing === 'string'
      ? [{ promise: 'lost' as const, what: standing }]
      : [...brokenTickets(of, standing), ...brokenForeign(of, standing)];
  return [...broken, ...brokenBytes(of)].map(({ promise, what }) => ({
    promise,
    what: `${of.name}: ${what}`,
  }));
};
