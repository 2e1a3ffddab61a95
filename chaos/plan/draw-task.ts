import { createHash } from 'node:crypto';
import type { Random } from '../random.ts';
import type { PlannedChange, PlannedTask } from './plan.ts';

/** What is done to a Task until it is left alone; a burst is one thing. */
const actionsOfATask = { least: 4, most: 20 };
const shareOfMortals = 0.3;

/** Tasks at these places, counted over and over, are what their names say. */
const sharing = { every: 9, place: 8 };
const brimful = { every: 20, place: 2 };
const unnamed = { every: 5, place: 4 };

/** Whether the Task with this number names the ticket that the one before it names. */
export const sharesWithTheLast = (number: number): boolean =>
  number % sharing.every === sharing.place;

/** A ticket, and how far it has come. */
export interface Ticket extends Pick<PlannedChange, 'source' | 'ticket' | 'by'> {
  readonly tasks: number[];
  version: number;
}

/** What the plan knows of a Task while it is made. */
export interface DrawnTask extends PlannedTask {
  readonly number: number;
  readonly tickets: Ticket[];
  readonly isMortal: boolean;
  readonly told: number[];
  isFull: boolean;
  /** Whether it is over, or left alone: nothing is told of it any more but what was held back. */
  isQuiet: boolean;
  patience: number;
  segments: number;
}

/**
 * Draws a Task with its tickets.
 * @param drawn all Tasks before it
 */
export const drawTask = (
  number: number,
  seed: number,
  random: Random,
  drawn: readonly DrawnTask[],
): DrawnTask => {
  const callSid = `CA${createHash('md5').update(`${seed} ${number}`).digest('hex')}`;
  const isBrimful = number % brimful.every === brimful.place;
  const shared = sharesWithTheLast(number)
    ? drawn.at(-1)?.tickets.find(({ by }) => by === 'attribute')
    : undefined;
  const own = number % unnamed.every === unnamed.place ? undefined : `${1000 + number}`;
  const names = shared?.ticket ?? own;
  const tickets: Ticket[] = [];
  if (shared !== undefined) {
    shared.tasks.push(number);
    tickets.push(shared);
  } else if (names !== undefined) {
    const named = { source: 'zendesk', ticket: names, by: 'attribute' } as const;
    tickets.push({ ...named, tasks: [number], version: 0 });
  }
  const others = random.between(names === undefined ? 1 : 0, 2);
  for (let other = 1; other <= others; other += 1) {
    const by = random.chance(0.5) ? 'task' : 'call';
    const ticket = `T${number}n${other}`;
    tickets.push({ source: 'generic', ticket, by, tasks: [number], version: 0 });
  }
  return {
    number,
    names,
    callSid,
    isBrimful,
    tickets,
    isMortal: !isBrimful && random.chance(shareOfMortals),
    told: [],
    isFull: isBrimful,
    isQuiet: false,
    patience: random.between(actionsOfATask.least, actionsOfATask.most),
    segments: 0,
  };
};
