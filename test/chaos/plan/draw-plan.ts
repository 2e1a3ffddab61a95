import {
  type DrawnTask,
  type DrawnTicket,
  drawTask,
  sharesTicketWithPrevious,
} from './draw-task.ts';
import {
  drawExternalWrite,
  isEvent,
  type Plan,
  type PlannedChange,
  type Step,
  syncKillPlaces,
} from './plan.ts';
import { createRandom, type Random } from './random.ts';

/** Few enough that the attributes stay below their limit: at the limit the order of arrival matters. */
const maxSegments = 4;

/** How many Tasks are active at a time. A few of them get most steps. */
const activeTasks = { least: 6, most: 60, ofEvents: 1 / 50 };

const hotTasks = 6;

const shareOfHeldBack = 0.1;

const shareOfRemovals = 0.08;

const shareOfDuplicates = 0.3;

/** Most batches take longer. */
const maxKillAfterMs = 150;

/**
 * Draws a plan with this number of events from a seed: the same plan for the same seed. A few Tasks at a time
 * get most steps; changes are sent in bursts, shuffled, some twice and some much later. In the end each Task
 * retires, most often right after a plugin has wiped what the last changes wrote: no later change repairs it.
 * @param kills how often the sync is killed
 */
export function drawPlan(
  seed: number,
  events: number,
  kills = Math.max(2, Math.round(2 * Math.sqrt(events / 100))),
): Plan {
  const random = createRandom(seed);
  const targetActiveTasks = Math.min(
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
  const startTask = (): void => {
    const task = drawTask(tasks.length, seed, random, tasks);
    tasks.push(task);
    add({ action: 'open', task: task.number });
    // The Task with the same ticket exists before any change of that ticket is sent.
    if (sharesTicketWithPrevious(tasks.length)) startTask();
  };
  /**
   * Only tickets whose Tasks all stay open are removed: a deleted Task cannot be checked. Nor may agents
   * pick others there: then it depends on the moment whether the Task hears of it.
   */
  const mayBeRemoved = ({ tasks: on }: DrawnTicket): boolean =>
    on.every((number) => tasks[number]?.willEnd === false && !tasks[number].isPicky);

  const drawChange = (task: DrawnTask): number => {
    if (task.sentChanges.length > 0 && random.chance(shareOfDuplicates))
      return random.oneOf(task.sentChanges);
    const ticket = random.oneOf(task.tickets);
    ticket.version += 1;
    const isRemoval = mayBeRemoved(ticket) && random.chance(shareOfRemovals);
    const { source, correlatedBy, tasks: on, version } = ticket;
    changes.push({ source, ticket: ticket.ticket, correlatedBy, tasks: on, version, isRemoval });
    for (const number of on) tasks[number]?.sentChanges.push(changes.length - 1);
    return changes.length - 1;
  };
  /** How many events may still be drawn: those that must come are subtracted. */
  const remainingEvents = (): number =>
    events - done - heldBack.length - tasks.filter(({ isFull }) => isFull).length;
  const burst = (task: DrawnTask, size: number): void => {
    const length = Math.max(0, Math.min(size, remainingEvents()));
    const drawn = Array.from({ length }, () => drawChange(task));
    for (const change of random.shuffled(drawn)) {
      if (random.chance(shareOfHeldBack)) {
        heldBack.push({ change, until: done + random.between(20, 400) });
      } else {
        add({ action: 'send', change });
      }
    }
  };
  const sendHeldBack = (until: number): void => {
    const due = heldBack.filter((one) => one.until <= until);
    for (const one of due) {
      heldBack.splice(heldBack.indexOf(one), 1);
      add({ action: 'send', change: one.change });
    }
  };

  const active = (): readonly DrawnTask[] => tasks.filter(({ isRetired }) => !isRetired);
  let hot: DrawnTask[] = [];
  const pickTask = (): DrawnTask => {
    const all = active();
    hot = hot.filter(({ isRetired }) => !isRetired);
    if (hot.length < hotTasks || random.chance(0.02)) {
      hot = [...hot.slice(-hotTasks + 1), random.oneOf(all)];
    }
    return random.oneOf(random.chance(0.6) ? hot : all);
  };

  const addAgentStep = (task: DrawnTask): void => {
    const { number } = task;
    if (task.isAbandoned) {
      add({ action: 'reject', task: number });
    } else if (task.isPicky && random.chance(0.5)) {
      add({ action: 'pick', task: number, ticket: `${900_000 + random.between(1, 99)}` });
    } else if (task.segments === 0) {
      task.segments += 1;
      add({ action: 'accept', task: number });
    } else if (task.segments < maxSegments) {
      task.segments += 1;
      add({ action: 'transfer', task: number });
    }
  };
  const addExternalWrite = (task: DrawnTask): void => {
    const { number } = task;
    const writing = drawExternalWrite(random);
    const kind = random.next();
    if (kind < 0.35) add({ action: 'write', task: number, writing });
    else if (kind < 0.6) {
      add({ action: 'collide', task: number, writing, times: random.between(1, 3) });
      burst(task, random.between(1, 4));
    } else if (kind < 0.9) {
      add({ action: 'wipe', task: number, writing, times: random.between(1, 2) });
      burst(task, random.between(1, 4));
    } else {
      add({ action: 'hold', task: number, writing, seconds: random.between(1, 15) });
      burst(task, random.between(1, 4));
    }
  };
  const retireTask = (task: DrawnTask): void => {
    const { number } = task;
    task.isRetired = true;
    if (task.segments === 0 && !task.isAbandoned && random.chance(0.8)) {
      task.segments += 1;
      add({ action: 'accept', task: number });
    }
    if (task.isAbandoned) {
      add({ action: 'abandon', task: number });
    } else if (task.willEnd && task.segments > 0) {
      add({ action: 'complete', task: number });
    } else if (random.chance(0.8)) {
      add({ action: 'wipe', task: number, writing: drawExternalWrite(random), times: 1 });
    }
    burst(task, random.between(1, 4));
  };
  const act = (): void => {
    const task = pickTask();
    task.remainingActions -= 1;
    if (task.remainingActions < 0) {
      retireTask(task);
      return;
    }
    const kind = random.next();
    if (kind < 0.5) burst(task, random.chance(0.3) ? random.between(5, 15) : random.between(1, 4));
    else if (kind < 0.75) addExternalWrite(task);
    else addAgentStep(task);
  };

  while (remainingEvents() > 0) {
    while (active().length < targetActiveTasks) startTask();
    const full = tasks.find(({ isFull }) => isFull);
    if (full !== undefined && random.chance(5 / events)) {
      full.isFull = false;
      add({ action: 'remove filler', task: full.number });
    }
    sendHeldBack(done);
    if (remainingEvents() > 0) act();
  }
  sendHeldBack(Number.POSITIVE_INFINITY);
  for (const { number, isFull } of tasks)
    if (isFull) add({ action: 'remove filler', task: number });

  return { tasks, changes, steps: addInfrastructureFailures(steps, events, kills, random) };
}

/** The steps, with failures of the pipeline itself between them. */
function addInfrastructureFailures(
  steps: readonly Step[],
  events: number,
  kills: number,
  random: Random,
): readonly Step[] {
  const drawSteps = (
    count: number,
    draw: (index: number) => Step,
  ): readonly { at: number; step: Step }[] =>
    Array.from({ length: count }, (_, index) => ({
      at: random.between(Math.floor(steps.length * 0.05), Math.floor(steps.length * 0.85)),
      step: draw(index),
    }));
  const few = Math.max(1, Math.round(Math.sqrt(events / 600)));
  const drawKill = (index: number): Step => {
    const place = syncKillPlaces[index % syncKillPlaces.length] ?? 'anyMoment';
    return { action: 'kill', place, afterMs: random.between(0, maxKillAfterMs) };
  };
  const killSteps = drawSteps(kills, drawKill);
  const failures = [
    ...killSteps,
    // The sync makes a dead letter of it, and is killed then.
    ...killSteps.flatMap(({ at, step }): typeof killSteps =>
      'place' in step && step.place === 'afterDeadLetter'
        ? [{ at, step: { action: 'poison' } }]
        : [],
    ),
    ...drawSteps(few, () => ({
      action: 'outage',
      seconds: random.between(30, events < 1000 ? 60 : 240),
    })),
    ...drawSteps(few, () => ({ action: 'restart webhooks', seconds: random.between(15, 60) })),
    ...drawSteps(2 * few, () => ({ action: 'poison' })),
  ];
  const byPlace = Map.groupBy(failures, ({ at }) => at);
  return steps.flatMap((step, index) => [
    step,
    ...(byPlace.get(index) ?? []).map((one) => one.step),
  ]);
}
