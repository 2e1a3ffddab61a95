import { randomOf } from '../random.ts';
import { type DrawnTask, drawTask, sharesWithTheLast, type Ticket } from './draw-task.ts';
import { isEvent, type Plan, type PlannedChange, type Step } from './plan.ts';
import { withTrouble } from './with-trouble.ts';
import { drawWriting } from './writing.ts';

/** Few enough that the attributes stay below their limit, where the order of arrival would tell. */
const mostSegments = 4;

/** How many Tasks are being talked about at a time; of those, some get most of it. */
const activeTasks = { least: 6, most: 60, ofEvents: 1 / 50 };
const hotTasks = 6;
const shareOfHeldBack = 0.1;
const shareOfRemovals = 0.08;
const shareOfDuplicates = 0.3;

/**
 * Draws a plan of so many events from a seed: the same ones for the same seed. A few Tasks at a time
 * get most of it; changes are sent in bursts, shuffled, some again and some much later. Sooner or later
 * a Task is left alone, most often right after somebody has wiped what the last changes of its tickets
 * wrote: nothing that comes later brings them back.
 */
export const drawPlan = (seed: number, events: number): Plan => {
  const random = randomOf(seed);
  const wanted = Math.min(
    activeTasks.most,
    Math.max(activeTasks.least, Math.round(events * activeTasks.ofEvents)),
  );
  const tasks: DrawnTask[] = [];
  const changes: PlannedChange[] = [];
  const steps: Step[] = [];
  const heldBack: { readonly change: number; readonly until: number }[] = [];
  let done = 0;

  const add = (step: Step): void => {
    steps.push(step);
    if (isEvent(step)) done += 1;
  };
  const open = (): void => {
    const task = drawTask(tasks.length, seed, random, tasks);
    tasks.push(task);
    add({ does: 'open', task: task.number });
    // Whom it shares its ticket with is there before any change of that is sent.
    if (sharesWithTheLast(tasks.length)) open();
  };
  /** Tickets are taken away only where all their Tasks live on: elsewhere nobody would be left to ask. */
  const mayBeRemoved = ({ tasks: on }: Ticket): boolean =>
    on.every((number) => tasks[number]?.isMortal === false);

  const drawChange = (task: DrawnTask): number => {
    if (task.told.length > 0 && random.chance(shareOfDuplicates)) return random.oneOf(task.told);
    const ticket = random.oneOf(task.tickets);
    ticket.version += 1;
    const isRemoval = mayBeRemoved(ticket) && random.chance(shareOfRemovals);
    const { source, by, tasks: on, version } = ticket;
    changes.push({ source, ticket: ticket.ticket, by, tasks: on, version, isRemoval });
    for (const number of on) tasks[number]?.told.push(changes.length - 1);
    return changes.length - 1;
  };
  /** How many events there may still be, less those that have to come. */
  const left = (): number =>
    events - done - heldBack.length - tasks.filter(({ isFull }) => isFull).length;
  const burst = (task: DrawnTask, size: number): void => {
    const length = Math.max(0, Math.min(size, left()));
    const drawn = Array.from({ length }, () => drawChange(task));
    for (const change of random.shuffled(drawn)) {
      if (random.chance(shareOfHeldBack)) {
        heldBack.push({ change, until: done + random.between(20, 400) });
      } else {
        add({ does: 'send', change });
      }
    }
  };
  const sendHeldBack = (until: number): void => {
    const due = heldBack.filter((one) => one.until <= until);
    for (const one of due) {
      heldBack.splice(heldBack.indexOf(one), 1);
      add({ does: 'send', change: one.change });
    }
  };

  const active = (): readonly DrawnTask[] => tasks.filter(({ isQuiet }) => !isQuiet);
  let hot: DrawnTask[] = [];
  const pick = (): DrawnTask => {
    const all = active();
    hot = hot.filter(({ isQuiet }) => !isQuiet);
    if (hot.length < hotTasks || random.chance(0.02)) {
      hot = [...hot.slice(-hotTasks + 1), random.oneOf(all)];
    }
    return random.oneOf(random.chance(0.6) ? hot : all);
  };

  const agentActs = (task: DrawnTask): void => {
    const { number } = task;
    if (task.segments === 0) {
      task.segments += 1;
      add({ does: 'accept', task: number });
    } else if (task.segments < mostSegments) {
      task.segments += 1;
      add({ does: 'transfer', task: number });
    }
  };
  const othersWrite = (task: DrawnTask): void => {
    const { number } = task;
    const writing = drawWriting(random);
    const kind = random.next();
    if (kind < 0.35) add({ does: 'write', task: number, writing });
    else if (kind < 0.6) {
      add({ does: 'collide', task: number, writing, times: random.between(1, 3) });
      burst(task, random.between(1, 4));
    } else if (kind < 0.9) {
      add({ does: 'wipe', task: number, writing, times: random.between(1, 2) });
      burst(task, random.between(1, 4));
    } else {
      add({ does: 'hold', task: number, writing, seconds: random.between(1, 15) });
      burst(task, random.between(1, 4));
    }
  };
  const leaveAlone = (task: DrawnTask): void => {
    const { number } = task;
    task.isQuiet = true;
    if (task.segments === 0 && random.chance(0.8)) {
      task.segments += 1;
      add({ does: 'accept', task: number });
    }
    if (task.isMortal && task.segments > 0) {
      add({ does: 'complete', task: number });
    } else if (random.chance(0.8)) {
      add({ does: 'wipe', task: number, writing: drawWriting(random), times: 1 });
    }
    burst(task, random.between(1, 4));
  };
  const act = (): void => {
    const task = pick();
    task.patience -= 1;
    if (task.patience < 0) {
      leaveAlone(task);
      return;
    }
    const kind = random.next();
    if (kind < 0.5) burst(task, random.chance(0.3) ? random.between(5, 15) : random.between(1, 4));
    else if (kind < 0.75) othersWrite(task);
    else agentActs(task);
  };

  while (left() > 0) {
    while (active().length < wanted) open();
    const full = tasks.find(({ isFull }) => isFull);
    if (full !== undefined && random.chance(5 / events)) {
      full.isFull = false;
      add({ does: 'make room', task: full.number });
    }
    sendHeldBack(done);
    if (left() > 0) act();
  }
  sendHeldBack(Number.POSITIVE_INFINITY);
  for (const { number, isFull } of tasks) if (isFull) add({ does: 'make room', task: number });

  return { tasks, changes, steps: withTrouble(steps, events, random) };
};
