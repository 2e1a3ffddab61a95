import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { startSqs } from '../local/aws/sqs.ts';
import { listen } from '../local/listen.ts';
import { type Bench, table } from './frame/bench.ts';
import { startDelayProxy } from './frame/delay-proxy.ts';

const replayed = 6000;

const roundTripMs = 60;

/** `dlq replay` as a process of its own, against the local SQS. */
export const replayBench: Bench = {
  name: 'replay',
  description: `dlq replay of ${replayed} dead letters, on loopback and at ${roundTripMs} ms for a round trip`,
  defaultRounds: 3,
  async *run(rounds) {
    const rows = [['', 'dead letters a second', 'lowest', 'audited']];
    for (const [name, delayMs] of [
      ['loopback', 0],
      [`${roundTripMs} ms`, roundTripMs],
    ] as const) {
      const results: { perSecond: number; audited: number }[] = [];
      for (let round = 0; round < rounds; round += 1) results.push(await replayOnce(delayMs));
      const rates = results.map(({ perSecond }) => perSecond);
      const lowest = Math.min(...rates).toFixed(0);
      const audited = Math.min(...results.map((result) => result.audited));
      rows.push([name, median(rates).toFixed(0), lowest, `${audited} of ${replayed}`]);
    }
    yield table(rows);
  },
};

const listSizes = [10_000, 100_000];

/** The peak memory of `dlq list` as a process of its own, against the local SQS. */
export const listBench: Bench = {
  name: 'list',
  description: 'the peak memory of dlq list of 10,000 and 100,000 dead letters, and of ops --help',
  defaultRounds: 3,
  async *run(rounds) {
    const rows = [['', 'peak MB', 'above --help', 'seconds', 'tickets']];
    const times = Array.from({ length: rounds });
    const help: number[] = [];
    for (const _ of times) help.push((await runOps(['--help'], {})).peakMb);
    rows.push(['ops --help', median(help).toFixed(0), '', '', '']);
    for (const size of listSizes) {
      await withQueues(0, async ({ fill, environment }) => {
        await fill(size);
        const peaks: number[] = [];
        const durations: number[] = [];
        let counted = '';
        for (const _ of times) {
          const args = ['dlq', 'list', '--stack', 'bench', '--json'];
          const { stdout, peakMb, seconds } = await runOps(args, environment);
          const { total, tickets, ticketsAtLeast } = JSON.parse(stdout);
          if (total !== size) throw new Error(`dlq list counted ${total} of ${size}`);
          peaks.push(peakMb);
          durations.push(seconds);
          counted = `${ticketsAtLeast ? 'at least ' : ''}${tickets}`;
        }
        const peak = median(peaks);
        const above = (peak - median(help)).toFixed(0);
        const seconds = median(durations).toFixed(1);
        rows.push([`dlq list of ${size}`, peak.toFixed(0), above, seconds, counted]);
      });
    }
    yield table(rows);
  },
};

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Replays a full queue once. The time is the one between the first and the last line of the audit. */
async function replayOnce(delayMs: number) {
  return withQueues(delayMs, async ({ fill, environment, folder }) => {
    await fill(replayed);
    const audit = join(folder, 'audit');
    const options = ['--rate', '100000', '--audit', audit];
    await runOps(['dlq', 'replay', '--stack', 'bench', '--yes', '--json', ...options], environment);
    const [name = ''] = await readdir(audit);
    const lines = (await readFile(join(audit, name), 'utf8'))
      .trim()
      .split('\n')
      .map((line): { event: string; at: string; deadLetterId: string } => JSON.parse(line));
    const idsOf = (event: string) =>
      new Set(lines.filter((line) => line.event === event).map(({ deadLetterId }) => deadLetterId));
    const audited = idsOf('sent').intersection(idsOf('deleted')).size;
    const ms = Date.parse(lines.at(-1)?.at ?? '') - Date.parse(lines[0]?.at ?? '');
    return { perSecond: (replayed * 1000) / ms, audited };
  });
}

interface BenchQueues {
  /** Sends so many dead letters of as many tickets. */
  fill: (count: number) => Promise<void>;
  /** Of a process that knows the stack `bench`. */
  environment: Record<string, string>;
  folder: string;
}

/** Starts an SQS server, a TaskRouter that knows no Task, and a stack that has both. */
async function withQueues<Result>(
  delayMs: number,
  work: (queues: BenchQueues) => Promise<Result>,
): Promise<Result> {
  const queues = await startSqs({
    queue: 'changes',
    deadLetterQueue: 'dead-letters',
    eventDeadLetterQueue: 'events',
    visibilitySeconds: 180,
    maxReceiveCount: 100,
  });
  const noTask = JSON.stringify({ code: 20404, status: 404 });
  const taskRouter = await listen(
    createServer((_, response) => response.writeHead(404).end(noTask)),
  );
  const proxy = delayMs === 0 ? undefined : await startDelayProxy(queues.url, delayMs);
  const url = proxy?.url ?? queues.url;
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const outputs = {
      taskEventsUrl: 'https://hooks.example.com/twilio/task-events',
      taskRouterUrl: taskRouter.url,
      workspaceSid: `WS${'1'.repeat(32)}`,
      region: 'us-east-1',
      sources: {},
      queueUrl: queues.queueUrl.replace(queues.url, url),
      deadLetterQueueUrl: queues.deadLetterQueueUrl.replace(queues.url, url),
      eventDeadLetterQueueUrl: queues.eventDeadLetterQueueUrl.replace(queues.url, url),
      syncLogGroup: 'sync',
      crmChangeLogGroup: 'crm-change',
      taskEventLogGroup: 'task-event',
      functions: { crmChange: 'crm-change', sync: 'sync' },
      secrets: { twilio: 'twilio', authToken: 'auth-token', sources: {} },
    };
    await writeFile(join(folder, 'outputs.json'), JSON.stringify(outputs));
    const pulumi = join(folder, 'pulumi');
    await writeFile(pulumi, `#!/bin/sh\nexec cat "${join(folder, 'outputs.json')}"\n`);
    await chmod(pulumi, 0o755);
    const PATH = [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    return await work({
      fill: (count) => fill(queues, count),
      environment: {
        PATH,
        AWS_ACCESS_KEY_ID: 'any',
        AWS_SECRET_ACCESS_KEY: 'any',
        AWS_ENDPOINT_URL_SQS: url,
      },
      folder,
    });
  } finally {
    proxy?.close();
    await queues.close();
    await taskRouter.close();
    await rm(folder, { recursive: true });
  }
}

async function fill(
  { sqs, deadLetterQueueUrl: QueueUrl }: Awaited<ReturnType<typeof startSqs>>,
  count: number,
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(count / 10) }, (_, batch) =>
    Array.from({ length: Math.min(10, count - batch * 10) }, (_, index) => batch * 10 + index),
  );
  const sendAll = async (mine: Iterable<readonly number[]>): Promise<void> => {
    for (const numbers of mine) {
      const Entries = numbers.map((number) => ({ Id: String(number), ...deadLetter(number) }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  const shared = batches.values();
  await Promise.all(Array.from({ length: 8 }, () => sendAll(shared)));
}

/** A dead letter as sync writes it: about 600 characters, and nine attributes. */
function deadLetter(number: number) {
  const now = Date.now();
  const ticket = `zendesk/${1_000_000 + number}`;
  const url = `https://acme.zendesk.com/agent/tickets/${1_000_000 + number}`;
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  return {
    MessageBody: JSON.stringify({
      v: 1,
      kind: 'ticket-change',
      meta: { receivedAt: now },
      change: {
        ticket,
        version: String(now),
        link: { type: 'Referenced', url, title: `Ticket ${1_000_000 + number}` },
        correlation: { attribute: { name: 'zd_ticket_id', value: String(1_000_000 + number) } },
        occurredAt: now,
      },
    }),
    MessageAttributes: {
      reason: text('taskrouter-unavailable'),
      detail: text('GET Task: TaskRouter responded 503'),
      tries: text('25'),
      firstSeen: text(String(now)),
      lastTried: text(String(now)),
      source: text('zendesk'),
      ticket: text(ticket),
    },
  };
}

/** Writes the peak memory of a process to its file descriptor 3, in kilobytes. */
const reportMemory =
  "data:text/javascript,import { writeSync } from 'node:fs';" +
  "process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));";

/**
 * Runs a command line with the options of Node that `npm run ops` has.
 * @throws Error if the command fails
 */
async function runOps(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const root = join(import.meta.dirname, '..');
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const [, , ...nodeArgs] = scripts.ops.split(' ');
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', reportMemory, ...nodeArgs, ...args], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [, stdout, stderr, memory] = child.stdio;
  if (!stdout || !stderr || !memory || !('readable' in memory)) throw new Error('no pipes');
  const [out, err, kilobytes, [code]] = await Promise.all([
    text(stdout),
    text(stderr),
    text(memory as typeof stdout),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`ops ${args.join(' ')} exited with ${code}:\n${err}`);
  const seconds = (performance.now() - start) / 1000;
  return { stdout: out, peakMb: Number(kilobytes) / 1000, seconds };
}
