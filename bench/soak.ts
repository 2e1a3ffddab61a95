import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stopOnSignal } from '../local/lifecycle.ts';
import { machine, printed, tableOf } from './frame/bench.ts';
import { startLoad } from './soak/load.ts';
import {
  measures,
  readSample,
  type Sample,
  type Slope,
  sampleSeconds,
  slopesOf,
  warmUpSeconds,
} from './soak/samples.ts';

/** `npm run soak`. The exit code is 1 if a slope is not flat, 2 if the command line is wrong. */
const help = `Usage: npm run soak [-- [--minutes <n>] [--seed <n>]]

Shows whether the functions use more and more memory, connections, file descriptors or timers. The local stack gets
changes at a steady rate, while Twilio fails, has outages and loses events. Each function runs in its own process, and
is measured every ${sampleSeconds} seconds. The emulator, the queues and the log run in another process.

After the warm-up (a third of the run, at most ten minutes) each measure has a slope per hour and its standard error, by
least squares. A slope is not flat if three things are true: it is more than three standard errors above zero, it is
above its bound per hour, and the line has risen by more than noise:

${Object.values(measures)
  .map(
    ({ about, unit, perHour, rise }) =>
      `  ${about.padEnd(40)} ${perHour}${unit} an hour, ${rise}${unit} in the run`,
  )
  .join('\n')}

  --minutes <n>  how long to run, 2 or more (default: 60). Five minutes test the tool, hours test the functions
  --seed <n>     the seed of the faults and of the load (default: 1)
  -h, --help     print this

Ctrl-C prints the results so far. The last line of stdout is one line of JSON. Exit code 1: a slope is not flat,
or a function could not be measured.
`;

const { minutes, seed } = readArgs();

const functionNames = ['crm-change', 'task-event', 'sync'];

const samples = new Map<string, Sample[]>();

const start = performance.now();

const secondsNow = () => (performance.now() - start) / 1000;

const stopping = new AbortController();

const ended = Promise.withResolvers<void>();

stopOnSignal(async () => {
  stopping.abort();
  await ended.promise;
  process.exit(process.exitCode === 1 ? 1 : 130);
});

const load = await startLoad(seed, ({ from, text }) => {
  const sample = readSample(text, secondsNow());
  if (sample === undefined) return;
  const name = `${from} ${sample.pid}`;
  samples.set(name, [...(samples.get(name) ?? []), sample]);
});

process.stdout.write(`${machine()}, ${minutes} minutes, seed ${seed}\n`);

const sending = load.run(stopping.signal);

try {
  while (secondsNow() < minutes * 60 && !stopping.signal.aborted) {
    await sleep(sampleSeconds * 1000, undefined, { signal: stopping.signal }).catch(() => {});
    showProgress();
  }
  const ran = secondsNow();
  stopping.abort();
  await sending;
  report(ran);
} finally {
  await load.close();
  ended.resolve();
}

function showProgress(): void {
  const { webhooks, faults } = load.count();
  const heap = [...samples].map(([name, of]) => `${name} ${of.at(-1)?.heapMb.toFixed(1)} MB`);
  const line = `${(secondsNow() / 60).toFixed(1)} of ${minutes} minutes, ${webhooks} webhooks, ${faults} faults; ${heap.join(', ')}`;
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
}

/** Prints the slopes and sets the exit code. */
function report(ran: number): void {
  if (process.stderr.isTTY) process.stderr.write('\n');
  const warmUp = warmUpSeconds(ran);
  const slopes = [...samples].flatMap(([name, of]) => slopesOf(name, of, warmUp));
  const counts = load.count();
  const rows = slopes.map(({ process: name, measure, mean, slope, error, isFlat }) => [
    name,
    measure,
    mean.toFixed(1),
    slope.toFixed(2),
    `± ${error.toFixed(2)}`,
    isFlat ? 'flat' : 'NOT FLAT',
  ]);
  process.stdout.write(
    `${counts.webhooks} webhooks (${counts.failed} not accepted), ${counts.tasks} Tasks, ${counts.calls} calls to Twilio, ` +
      `${counts.faults} faults. The first ${Math.round(warmUp)} s do not count.\n\n${printed(
        tableOf([['process', 'measure', 'mean', 'slope per hour', 'error', ''], ...rows]),
      )}`,
  );
  const missing = functionNames.filter(
    (name) => !slopes.some((slope) => slope.process.startsWith(name)),
  );
  if (missing.length > 0) {
    process.stderr.write(`Too few samples of ${missing.join(', ')}: run the soak for longer.\n`);
  }
  const steep = slopes.filter(({ isFlat }) => !isFlat);
  process.stdout.write(
    `\n${JSON.stringify({ minutes: ran / 60, seed, ...counts, slopes: slopes.map(short) })}\n`,
  );
  process.exitCode = steep.length > 0 || missing.length > 0 ? 1 : 0;
}

function short({ process, measure, slope, error, isFlat }: Slope) {
  const round = (value: number) => Math.round(value * 100) / 100;
  return { process, measure, slope: round(slope), error: round(error), isFlat };
}

function readArgs(): { minutes: number; seed: number } {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      process.stdout.write(help);
      process.exit(0);
    }
    const minutes = Number(values.minutes);
    if (!(minutes >= 2 && minutes <= 100_000))
      throw new Error('--minutes: must be a number from 2 to 100000');
    if (!/^\d{1,9}$/.test(values.seed))
      throw new Error('--seed: must be an integer from 0 to 999999999');
    return { minutes, seed: Number(values.seed) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${problem}\nRun npm run soak -- --help for usage.\n`);
    process.exit(2);
  }
}
