import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { type Effort, inTurn, median, quantile } from '../frame/bench.ts';
import type { Consumer } from './consumers.ts';
import { startRig } from './rig.ts';
import {
  type BenchTask,
  changeOf,
  createCall,
  type Kept,
  keptOn,
  type NamedBy,
  writeAsOther,
} from './workload.ts';

/** The latency of each request to TaskRouter, in milliseconds. */
export const latencyMs = 80;

/** How many changes come, and how fast. */
export interface Load {
  count: number;
  /** Changes a second. Infinite: all at once. */
  perSecond: number;
  by: NamedBy;
  /** When each write is confirmed, in seconds after it: `CONFIRM_AFTER_SECONDS`. */
  confirmAfter: string;
  /** How long the run waits for missing links after the last change. */
  graceSeconds: number;
  change?: Partial<TicketChange>;
}

export interface LagRun {
  /**
   * The time from when a change is due until its link is on the Task, in milliseconds, in the order of the changes.
   */
  lags: readonly number[];
  kept: Kept;
  /** The time from the first change to the last link, in seconds. */
  seconds: number;
  searches: number;
  cpu: CpuShares;
}

/** Shares from 0 to 1 of the CPU time of this process, or of all processors of the machine. */
interface CpuShares {
  /**
   * The share of the rig in the CPU time of this process. The rig is the emulator, SQS, the event source mapping
   * and the sender.
   */
  rigOfProcess: number;
  rigOfMachine: number;
  processOfMachine: number;
  /** The share of all processes in the CPU time of the machine. */
  machineBusy: number;
}

/** All rounds of one consumer with one load. */
export interface Measured {
  consumer: Consumer;
  runs: readonly LagRun[];
  /** Medians of the rounds, in milliseconds. */
  p50: number;
  p99: number;
  grows: boolean;
}

/** Changes at a steady rate, mixed with the confirmations of earlier changes. */
export function steady(effort: Effort, perSecond: number, by: NamedBy, graceSeconds: number): Load {
  const seconds = secondsOf(effort);
  const confirmAfter = `${Math.round(seconds / 8)},${Math.round(seconds / 4)}`;
  return { count: seconds * perSecond, perSecond, by, confirmAfter, graceSeconds };
}

function secondsOf({ quick }: Effort): number {
  return quick ? 8 : 20;
}

/** Runs the consumers one after another, in rounds. */
export async function measureAll(
  effort: Effort,
  consumers: readonly Consumer[],
  load: Load,
): Promise<Measured[]> {
  const runs = new Map(consumers.map((consumer): [Consumer, LagRun[]] => [consumer, []]));
  const rounds = effort.rounds(3, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const consumer of inTurn(consumers, round)) {
      const pace = Number.isFinite(load.perSecond)
        ? `${load.perSecond}/s`
        : `${load.count} at once`;
      effort.progress(`${pace} by ${load.by}: ${consumer.name}, round ${round + 1} of ${rounds}`);
      runs.get(consumer)?.push(await measureLag(consumer, load));
    }
  }
  return [...runs].map(([consumer, ofConsumer]) => ({
    consumer,
    runs: ofConsumer,
    p50: median(ofConsumer.map(p50Of)),
    p99: median(ofConsumer.map(p99Of)),
    grows: ofConsumer.filter(({ lags }) => grows(lags)).length * 2 > ofConsumer.length,
  }));
}

export function p50Of({ lags }: LagRun): number {
  return median(lags);
}

export function p99Of({ lags }: LagRun): number {
  return quantile(lags, 0.99);
}

/** Sends changes to a consumer, each for its own Task. Measures when their links are on the Tasks. */
async function measureLag(consumer: Consumer, load: Load): Promise<LagRun> {
  const linkedAt = new Map<string, number>();
  const rig = await startRig(consumer, {
    latencyMs,
    variables: { CONFIRM_AFTER_SECONDS: load.confirmAfter },
    onUpdate: (taskSid) => {
      if (!linkedAt.has(taskSid)) linkedAt.set(taskSid, performance.now());
    },
  });
  try {
    await warmUp(rig, load.by);
    const searchesBefore = rig.state.stats.calls.evaluate;
    const tasks = Array.from({ length: load.count }, () => createCall(rig));
    const cpu = startCpuClock();
    const start = performance.now() + 50;
    const dueAt = (index: number) => start + (index * 1000) / load.perSecond;
    await sendWhenDue(rig, tasks, load, dueAt);
    const giveUpAt = performance.now() + load.graceSeconds * 1000;
    const isDone = () => tasks.every(({ taskSid }) => linkedAt.has(taskSid));
    while (!isDone() && performance.now() < giveUpAt) await sleep(20);
    const shares = cpu();
    const never = Number.POSITIVE_INFINITY;
    const lags = tasks.map(({ taskSid }, index) => (linkedAt.get(taskSid) ?? never) - dueAt(index));
    const last = Math.max(...tasks.map(({ taskSid }) => linkedAt.get(taskSid) ?? never));
    return {
      lags,
      kept: keptOn(rig, new Map(tasks.map((task, index) => [task, [index + firstTicket]]))),
      seconds: (last - start) / 1000,
      searches: rig.state.stats.calls.evaluate - searchesBefore,
      cpu: shares,
    };
  } finally {
    await rig.close();
  }
}

type Rig = Awaited<ReturnType<typeof startRig>>;

const firstTicket = 1000;

/** Sends some changes to each instance, so that connections are open and code is compiled. */
async function warmUp(rig: Rig, by: NamedBy): Promise<void> {
  const tasks = Array.from({ length: 60 }, () => createCall(rig));
  const few = by === 'task SID' ? tasks : tasks.slice(0, 4);
  await rig.send(tasks.map((task, index) => changeOf(index + 1, task, 'task SID')));
  if (by === 'call SID') await rig.send(few.map((task, index) => changeOf(index + 1, task, by)));
  const isLinked = ({ taskSid }: BenchTask) =>
    rig.state.store.find(taskSid)?.attributes.includes('/agent/tickets/');
  while (!tasks.every(isLinked)) await sleep(20);
}

const tickMs = 10;

/** Another writer changes one in this many Tasks while its ticket is linked. */
const tasksPerWriter = 20;

/** Sends each change when it is due. It does not wait for the change before. */
async function sendWhenDue(
  rig: Rig,
  tasks: readonly BenchTask[],
  { by, change }: Load,
  dueAt: (index: number) => number,
): Promise<void> {
  const requests: Promise<void>[] = [];
  for (let sent = 0; sent < tasks.length; await sleep(tickMs)) {
    const now = performance.now();
    const due = tasks.slice(sent).filter((_, index) => dueAt(sent + index) <= now);
    const messages = due.map((task, index) =>
      changeOf(firstTicket + sent + index, task, by, change),
    );
    for (const [index, task] of due.entries()) {
      const delayMs = (37 * index + 11 * sent) % 200;
      if ((sent + index) % tasksPerWriter === 0) setTimeout(writeAsOther, delayMs, rig, task);
    }
    sent += due.length;
    if (messages.length > 0) requests.push(rig.send(messages));
  }
  await Promise.all(requests);
}

/**
 * Starts to measure the CPU time.
 * @returns a function that returns the shares since then
 */
function startCpuClock(): () => CpuShares {
  const start = performance.now();
  const [process0, thread0, machine0] = [process.cpuUsage(), process.threadCpuUsage(), machineMs()];
  return () => {
    const wall = (performance.now() - start) * cpus().length;
    const ofProcess = millisecondsOf(process.cpuUsage(process0));
    const ofRig = millisecondsOf(process.threadCpuUsage(thread0));
    return {
      rigOfProcess: ofRig / ofProcess,
      rigOfMachine: ofRig / wall,
      processOfMachine: ofProcess / wall,
      machineBusy: (machineMs() - machine0) / wall,
    };
  };
}

function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** How long all processors have been busy since the machine started, in milliseconds. */
function machineMs(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}

/** Whether the changes in the last third wait longer than those in the first third. */
export function grows(lags: readonly number[]): boolean {
  const third = Math.floor(lags.length / 3);
  const [first, last] = [median(lags.slice(0, third)), median(lags.slice(-third))];
  return last > first * 1.5 && last - first > 150;
}

/** The lowest of each share in all runs. */
export function keptOf(runs: readonly LagRun[]) {
  const least = (share: 'links' | 'recordings' | 'foreign') =>
    Math.min(...runs.map(({ kept }) => kept[share]));
  return { links: least('links'), recordings: least('recordings'), foreign: least('foreign') };
}

/** The mean of each share in all runs. */
export function meanCpu(runs: readonly LagRun[]): CpuShares {
  const mean = (share: keyof CpuShares) =>
    runs.reduce((sum, { cpu }) => sum + cpu[share], 0) / runs.length;
  return {
    rigOfProcess: mean('rigOfProcess'),
    rigOfMachine: mean('rigOfMachine'),
    processOfMachine: mean('processOfMachine'),
    machineBusy: mean('machineBusy'),
  };
}
