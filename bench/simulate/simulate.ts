/**
 * `npm run simulate`: lag and requests as load grows, and the position of each limit. The exit code is 2 if the
 * command line is wrong.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  accountEvaluationsPerSecond,
  batchSize,
  eventSources,
  instanceEvaluationsPerSecond,
  type QueueName,
  queueNames,
  requestsInParallel,
} from '../../shared/config/limits.ts';
import {
  markdown,
  type Part,
  printed,
  quantile,
  tableOf,
  text,
  writeSection,
} from '../frame/bench.ts';
import { type Chart, drawChart } from '../frame/chart.ts';
import {
  type ChangeKind,
  changeKinds,
  defaults,
  growing,
  runSteady,
  type Surroundings,
} from './run.ts';

const rates = [10, 30, 100, 300];

const docs = join(import.meta.dirname, '../../docs');

const images = 'images';

const help = `Usage: npm run simulate [-- [--write] [--seed <n>]]

Runs the real sync on a virtual clock, with queues, event source mappings and a TaskRouter whose requests take time.
Prints lag and requests as load grows, where each limit is, and which setting moves it. It takes a minute of one
processor. No time is measured, so the same seed gives the same figures on every machine.

  --write     write the tables to docs/scale.md, and the plot to docs/images/
  --seed <n>  another order of events (default: 1)
  -h, --help  print this

Tables go to stdout, progress goes to stderr.
`;

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\nRun npm run simulate -- --help for usage.\n`);
    process.exitCode = 2;
    return;
  }
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  for (const [name, run] of Object.entries(sections)) {
    process.stdout.write(`\n${name}\n\n`);
    const parts = await run(options.seed, (what) => process.stderr.write(`  ${what}\n`));
    for (const part of parts) process.stdout.write(printed(part));
    if (options.write) write(name, parts);
  }
}

/**
 * Parses the command line.
 * @returns the options, or a text that says which option is wrong
 */
function parseOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        write: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const seed = Number(values.seed);
    return Number.isSafeInteger(seed) ? { ...values, seed } : '--seed: must be a whole number';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function write(name: string, parts: readonly Part[]): void {
  mkdirSync(join(docs, images), { recursive: true });
  for (const part of parts) {
    if (part.kind === 'chart')
      writeFileSync(join(docs, images, part.chart.file), drawChart(part.chart));
  }
  const content = parts.map((part) => markdown(part, images)).join('');
  writeSection(join(docs, 'scale.md'), 'simulate', name, `\n${content}`);
}

/** The sections of the page, by the names in its marks. */
const sections: Record<string, (seed: number, progress: Progress) => Promise<readonly Part[]>> = {
  check: compareWithBench,
  load: growLoad,
  knees: findKnees,
  day: waitInDays,
};

type Progress = (what: string) => void;

/**
 * Simulates one of the bench's rates, and compares it with the measured figures on the bench's page: first by Task
 * SID, then by call SID.
 */
async function compareWithBench(seed: number, progress: Progress) {
  const page = readFileSync(join(docs, 'performance.md'), 'utf8');
  const rate = 50;
  const row = new RegExp(`^\\|${rate}/s crm-media-sync\\|(\\d+)\\|(\\d+)\\|`, 'gm');
  const measured = [...page.matchAll(row)].map(([, p50, p99]) => `${p50}, ${p99}`);
  if (measured.length < 2) throw new Error(`docs/performance.md has no lag at ${rate} a second`);
  const simulated: string[] = [];
  for (const by of ['task SID', 'call SID'] as const) {
    progress(`${rate}/s by ${by}, as npm run bench`);
    const { lags } = await runSteady(by, rate, seed, {}, { tasksPerWriter: 20 });
    simulated.push(`${lagText(lags)} by ${by}`);
  }
  const note = `At ${rate} a second: simulated ${simulated.join(' and ')}, [measured](performance.md#lag) ${measured.join(' and ')}.`;
  return [text(note)];
}

async function growLoad(seed: number, progress: Progress) {
  const rows: string[][] = [];
  const groups: { name: string; values: number[]; high: number[] }[] = [];
  const perChange = new Map<ChangeKind, number>();
  for (const rate of rates) {
    const group = {
      name: `${rate} changes a second`,
      values: [] as number[],
      high: [] as number[],
    };
    const row = [String(rate)];
    for (const by of changeKinds) {
      progress(`${rate}/s by ${by}`);
      const { lags, growth, calls, changes } = await runSteady(by, rate, seed);
      const [p50Ms, p99Ms] = [quantile(lags, 0.5), quantile(lags, 0.99)];
      group.values.push(p50Ms);
      group.high.push(p99Ms);
      row.push(growth > growing ? `+${(60 * growth).toFixed(0)} s` : lagText(lags));
      // Above the knee, retries would be counted too.
      if (growth <= growing)
        perChange.set(by, (calls.reads + calls.writes + calls.searches) / changes);
    }
    groups.push(group);
    rows.push(row);
  }
  const chart: Chart = {
    file: 'scale.svg',
    title: 'Lag as load grows',
    description:
      'Simulated median lag in milliseconds by rate and kind of change. The line above a bar is p99.',
    unit: 'ms, p50 and p99, logarithmic; above the knee it grows with the length of the run',
    scale: 'log',
    series: changeKinds,
    plot: { kind: 'bars', groups },
  };
  const table = tableOf([
    ['changes a second', ...changeKinds],
    ...rows,
    ['requests for a change', ...[...perChange.values()].map((count) => count.toFixed(1))],
  ]);
  return [table, { kind: 'chart', chart } as const];
}

/**
 * How many searches a second succeed if all invocations are busy. Then they all search at the same time. Searches
 * beyond Twilio's limit for a second get 429, and their batches come back.
 */
const maxSearches =
  Math.min(eventSources.lookups.maximumConcurrency, accountEvaluationsPerSecond) *
  instanceEvaluationsPerSecond;

/**
 * The highest rate of changes, calculated: the rate at which the first queue is full. The rate of a queue follows
 * from how many batches run at once, how long a batch takes, and how many of the queue's messages one change
 * causes.
 */
export function kneeOf(by: ChangeKind, surroundings: Partial<Surroundings> = {}): number {
  const settings = { ...defaults, ...surroundings };
  const { confirmAfterSeconds, taskEvents, concurrentRequests, latencyMs, sqsMs } = settings;
  const delays = confirmAfterSeconds.length;
  const checks = taskEvents ? Math.min(1, delays) : delays;
  const change = { changes: 1, rechecks: by === 'exclusive' ? checks : 0, confirmations: 0 };
  const confirmation = { changes: 0, rechecks: 0, confirmations: checks };
  const isSearched = by !== 'task SID';
  const loads = isSearched
    ? { changes: confirmation, lookups: change }
    : { changes: change, lookups: confirmation };
  const kneeOfQueue = (queue: QueueName): number => {
    const { changes, rechecks, confirmations } = loads[queue];
    const messages = changes + rechecks + confirmations;
    if (messages === 0) return Number.POSITIVE_INFINITY;
    const size = batchSize(queue, concurrentRequests);
    const inParallel = requestsInParallel(queue, concurrentRequests);
    const turnsFor = (requests: number) => Math.ceil((size * requests) / messages / inParallel);
    // A read of the Task and a read of its reservations. With TaskRouter's events, a confirmation reads only the
    // Task.
    const reads = 2 * (changes + rechecks) + (taskEvents ? 1 : 2) * confirmations;
    const isSearching = queue === 'lookups' && isSearched;
    const turns = turnsFor(reads) + turnsFor(changes) + (isSearching ? 1 : 0);
    // SQS delivers the batch, and then receives its follow-ups.
    const seconds = (turns * latencyMs + (checks > 0 ? 2 : 1) * sqsMs) / 1000;
    const batches = eventSources[queue].maximumConcurrency / seconds;
    return ((isSearching ? Math.min(batches, maxSearches) : batches) * size) / messages;
  };
  return Math.min(...queueNames.map(kneeOfQueue));
}

/** How often the interval is halved. */
const halvings = 4;

/** Settings of docs/configuration.md, and a slow TaskRouter. */
const changedSettings: Readonly<Record<string, Partial<Surroundings>>> = {
  default: {},
  '`confirmAfterSeconds: 0`': { confirmAfterSeconds: [] },
  '`taskEvents: false`': { taskEvents: false },
  '`twilioConcurrentRequests: 192`': { concurrentRequests: 192 },
  'Twilio at 240 ms': { latencyMs: 240 },
};

async function findKnees(seed: number, progress: Progress) {
  const rows = [['changes', 'simulated', ...Object.keys(changedSettings)]];
  for (const by of changeKinds) {
    let [low, high] = [20, 320];
    for (let step = 0; step < halvings; step += 1) {
      const rate = Math.round(Math.sqrt(low * high));
      progress(`${rate}/s by ${by}, to find its knee`);
      const { growth } = await runSteady(by, rate, seed);
      if (growth > growing) high = rate;
      else low = rate;
    }
    const byArithmetic = Object.values(changedSettings).map((one) => kneeOf(by, one).toFixed(0));
    rows.push([by, `${low} to ${high}`, ...byArithmetic]);
  }
  return [tableOf(rows)];
}

/**
 * The share of each hour in the changes of a working day, in percent. The busy hour has a fifth, which Cisco
 * recommends as a safe assumption.
 * Source: https://www.oreilly.com/library/view/deploying-cisco-voice/1587050307/chapter-09.html
 */
export const hourShares: readonly number[] = [
  0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.5, 2.5, 8.5, 15, 20, 15.5, 9, 9, 8, 5, 2.8, 1.2, 0.6, 0.4, 0.3,
  0.2, 0.2, 0.1,
];

const [daysOfMonth, workingDays] = [30, 22];

/** The rate at a time of a working day (0 to 1), relative to the mean of the month. */
export function dayCurve(time: number): number {
  const share = hourShares[Math.floor(time * hourShares.length)] ?? 0;
  return ((share / 100) * hourShares.length * daysOfMonth) / workingDays;
}

/**
 * The longest wait of a day in seconds, calculated. Changes above the knee wait, and the first to come is the first
 * to go.
 */
export function longestWait(by: ChangeKind, perSecond: number): number {
  const knee = kneeOf(by);
  let [waiting, longest] = [0, 0];
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    const came = 60 * perSecond * dayCurve(minute / (24 * 60));
    waiting = Math.max(0, waiting + came - 60 * knee);
    longest = Math.max(longest, waiting / knee);
  }
  return longest;
}

async function waitInDays() {
  const busiest = Math.max(...hourShares.map((_, hour) => dayCurve(hour / 24)));
  const rows = [1, 10, 30, 100].map((millions) => {
    const perSecond = (millions * 1e6) / (daysOfMonth * 24 * 3600);
    const waits = changeKinds.map((by) => waitText(longestWait(by, perSecond)));
    return [`${millions} million`, `${(busiest * perSecond).toFixed(1)}/s`, ...waits];
  });
  return [tableOf([['changes a month', 'busy hour', ...changeKinds], ...rows])];
}

function waitText(seconds: number): string {
  if (seconds === 0) return 'none';
  const hours = seconds / 3600;
  return hours < 2 ? `${Math.ceil(60 * hours)} min` : `${hours.toFixed(1)} h`;
}

/** The p50 and p99, in milliseconds. */
function lagText(lags: readonly number[]): string {
  return `${quantile(lags, 0.5).toFixed(0)}, ${quantile(lags, 0.99).toFixed(0)}`;
}

if (import.meta.main) await main(process.argv.slice(2));
