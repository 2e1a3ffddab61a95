import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { HostileRequest } from './requests.ts';
import {
  type Checked,
  checkRequests,
  newProgress,
  type Progress,
  readProgress,
  saveProgress,
} from './run.ts';

const help = `Usage: npm run hostile [-- [--count <n>] [--seed <n>] [--only <index>] [--restart]]

Sends hostile requests to the handlers of crm-change and task-event in this process. The queue accepts every message.
The requests have changed bodies with right signatures, or right bodies with wrong ones; broken JSON, XML, base64 and
gzip; deep and huge bodies; keys that pollute a prototype; odd Unicode; missing, empty, repeated or huge headers; past
and future times; other methods and paths. Some are replays.

No request may get a 5xx, make a handler throw, or change the prototype of all objects. No message may reach the queue
unless its request was signed and sync can read it. The run reports the slowest request. No request has a time limit.

  --count <n>     how many requests to send in all (default: 1000000)
  --seed <n>      the seed of the requests (default: 1). The same seed and index give the same request
  --only <index>  send only this request, and print it and its result
  --restart       start from the first request. Default: continue where an earlier run of this seed stopped
  -h, --help      print this

The progress is in .hostile-<seed>.json. Ctrl-C or a kill stops the run. The same command continues it. Twenty
failures end it: use --restart then. The last line of stdout is the result, one line of JSON.
`;

/** The requests, the check of a request, and how the run gets the signal to stop. */
interface HostileTarget {
  readonly requestOf: (seed: number, index: number) => HostileRequest;
  readonly check: (seed: number, index: number) => Promise<Checked>;
  readonly stopOnSignal: (stop: () => Promise<void>) => void;
}

/** `npm run hostile`. The exit code is 1 if a request violates the property, 2 if the command line is wrong. */
export async function runHostile(args: readonly string[], target: HostileTarget): Promise<void> {
  const command = parse([...args]);
  if (typeof command === 'string') {
    const isHelp = command === help;
    const usage = `${command}\nRun npm run hostile -- --help for usage.\n`;
    process[isHelp ? 'stdout' : 'stderr'].write(isHelp ? help : usage);
    process.exit(isHelp ? 0 : 2);
  }
  if (command.only === undefined) await run(command, target);
  else await runOne(command.seed, command.only, target);
}

type Command = NonNullable<Exclude<ReturnType<typeof parse>, string>>;

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        count: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        restart: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return help;
    const wrong = (['count', 'seed', 'only'] as const).find(
      (name) => !/^\d{1,9}$/.test(values[name] ?? '0'),
    );
    if (wrong !== undefined) return `--${wrong}: must be an integer from 0 to 999999999`;
    const only = values.only === undefined ? undefined : Number(values.only);
    return {
      count: Number(values.count),
      seed: Number(values.seed),
      only,
      restart: values.restart,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run({ count, seed, restart }: Command, target: HostileTarget): Promise<void> {
  const file = join(import.meta.dirname, `../../.hostile-${seed}.json`);
  const progress = (restart ? undefined : readProgress(file)) ?? newProgress(seed);
  const stopping = new AbortController();
  const ended = Promise.withResolvers<void>();
  target.stopOnSignal(async () => {
    stopping.abort();
    await ended.promise;
  });
  const crashed = (error: unknown): void => {
    const index = progress.next;
    process.stderr.write(
      `Request ${index} crashed the process: ${Object(error).stack ?? error}\n${rerun(seed, index)}\n`,
    );
    process.exit(1);
  };
  process.on('uncaughtException', crashed).on('unhandledRejection', crashed);

  const [begin, from] = [performance.now(), progress.next];
  let failed = progress.failures.length;
  if (from > 0) process.stderr.write(`Continuing at request ${from} (${file}).\n`);
  const report = (): void => {
    saveProgress(file, progress);
    for (const failure of progress.failures.slice(failed)) printFailure(seed, failure);
    failed = progress.failures.length;
    const { isTTY } = process.stderr;
    const rate = ((progress.next - from) * 1000) / (performance.now() - begin);
    const line = `${progress.next} of ${count} requests, ${rate.toFixed(0)} a second, ${failed} failed`;
    process.stderr.write(isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  };
  await checkRequests(
    progress,
    count,
    (index) => target.check(seed, index),
    report,
    stopping.signal,
  );
  if (process.stderr.isTTY) process.stderr.write('\n');
  const { failures, next, seconds, ...rest } = progress;
  const result = { ...rest, requests: next, failed: failures.length, seconds: Math.round(seconds) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = failures.length > 0 ? 1 : 0;
  ended.resolve();
  if (!stopping.signal.aborted) process.exit();
}

function rerun(seed: number, index: number): string {
  return `Reproduce: npm run hostile -- --seed ${seed} --only ${index}`;
}

function printFailure(seed: number, { index, problems }: Progress['failures'][number]): void {
  process.stderr.write(`\nRequest ${index}: ${problems.join('; ')}\n${rerun(seed, index)}\n`);
}

async function runOne(seed: number, index: number, target: HostileTarget): Promise<void> {
  const { sender, event, mayBeGenuine, times } = target.requestOf(seed, index);
  const shown = { sender: sender.name, mayBeGenuine, times, event };
  process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
  const { statuses, problems } = await target.check(seed, index);
  process.stdout.write(`${JSON.stringify({ statuses, problems })}\n`);
  process.exit(problems.length > 0 ? 1 : 0);
}
