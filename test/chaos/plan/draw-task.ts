import { createHash } from 'node:crypto';
import type { PlannedChange, PlannedTask } from './plan.ts';
import type { Random } from './random.ts';

/** How many actions a Task gets until it retires; a burst is one action. */
const actionsPerTask = { least: 4, most: 20 };

const completedShare = 0.3;

/** Of so many Tasks, the one at this place has the property. */
const places = {
  sharing: { every: 9, place: 8 },
  startingFull: { every: 20, place: 2 },
  picky: { every: 4, place: 1 },
  withoutTicket: { every: 5, place: 4 },
  abandoned: { every: 10, place: 6 },
};

function has(property: keyof typeof places, number: number): boolean {
  const { every, place } = places[property];
  return number % every === place;
}

/** Whether the Task with this number has the same ticket id as the one before it. */
export function sharesTicketWithPrevious(number: number): boolean {
  return has('sharing', number);
}

/** A ticket and its latest version. */
export interface DrawnTicket extends Pick<PlannedChange, 'source' | 'ticket' | 'correlatedBy'> {
  readonly tasks: number[];
  version: number;
}

/** A Task while the plan is drawn. */
export interface DrawnTask extends PlannedTask {
  readonly number: number;
  readonly tickets: DrawnTicket[];
  /** Nobody accepts it, and in the end it is canceled. */
  readonly isAbandoned: boolean;
  /** It is completed or canceled in the end. */
  readonly willEnd: boolean;
  readonly sentChanges: number[];
  isFull: boolean;
  /** It has ended or gets no more steps, but changes that were held back. */
  isRetired: boolean;
  remainingActions: number;
  segments: number;
}

/**
 * Draws a Task with its tickets.
 * @param drawn all Tasks before it
 */
export function drawTask(
  number: number,
  seed: number,
  random: Random,
  drawn: readonly DrawnTask[],
): DrawnTask {
  const callSid = `CA${createHash('md5').update(`${seed} ${number}`).digest('hex')}`;
  const isBrimful = has('startingFull', number);
  const isAbandoned = has('abandoned', number);
  const shared = sharesTicketWithPrevious(number)
    ? drawn.at(-1)?.tickets.find(({ correlatedBy }) => correlatedBy === 'attribute')
    : undefined;
  const own = has('withoutTicket', number) ? undefined : `${1000 + number}`;
  const names = shared?.ticket ?? own;
  const tickets: DrawnTicket[] = [];
  if (shared !== undefined) {
    shared.tasks.push(number);
    tickets.push(shared);
  } else if (names !== undefined) {
    const named = { source: 'zendesk', ticket: names, correlatedBy: 'attribute' } as const;
    tickets.push({ ...named, tasks: [number], version: 0 });
  }
  const others = random.between(names === undefined ? 1 : 0, 2);
  for (let other = 1; other <= others; other += 1) {
    const by = random.chance(0.5) ? 'task' : 'call';
    const ticket = `T${number}n${other}`;
    tickets.push({ source: 'generic', ticket, correlatedBy: by, tasks: [number], version: 0 });
  }
  return {
    number,
    ticketOnTask: names,
    callSid,
    isPicky:
      own !== undefined &&
      shared === undefined &&
      !sharesTicketWithPrevious(number + 1) &&
      has('picky', number),
    startsFull: isBrimful,
    tickets,
    isAbandoned,
    willEnd: !isBrimful && (random.chance(completedShare) || isAbandoned),
    sentChanges: [],
    isFull: isBrimful,
    isRetired: false,
    remainingActions: random.between(actionsPerTask.least, actionsPerTask.most),
    segments: 0,
  };
}
