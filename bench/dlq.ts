import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { startSqs } from '../local/aws/sqs.ts';
import { listen } from '../local/listen.ts';
import { type Bench, figuresOf, median, tableOf } from './frame/bench.ts';

const replayed = { full: 6000, quick: 2000 };

const roundTripMs = 60;

/** `dlq replay` in its own process, against the local SQS. */
export const replayBench: Bench = {
  name: 'replay',
  description: `dlq replay of dead letters, on loopback and at ${roundTripMs} ms for a round trip`,
  figures: ['replayPerSecond'],
  async *run({ quick, rounds, progress }) {
    const count = quick ? replayed.quick : replayed.full;
    const rows = [['dlq replay', 'dead letters a second', 'lowest', 'audited']];
    const perSecond: number[] = [];
    for (const [name, delayMs] of [
      ['loopback', 0],
      [`${roundTripMs} ms`, roundTripMs],
    ] as const) {
      const results: { perSecond: number; audited: number }[] = [];
      for (let round = 0; round < rounds(3, 1); round += 1) {
        progress(`dlq replay of ${count}, ${name}, round ${round + 1}`);
        results.push(await replayOnce(count, delayMs));
      }
      const rates = results.map((result) => result.perSecond);
      perSecond.push(median(rates));
      const lowest = Math.min(...rates).toFixed(0);
      const audited = Math.min(...results.map((result) => result.audited));
      rows.push([name, median(rates).toFixed(0), lowest, `${audited} of ${count}`]);
    }
    yield tableOf(rows);
    const [replayPerSecondOnLoopback, replayPerSecond] = perSecond;
    yield figuresOf({ replayPerSecond, replayPerSecondOnLoopback });
  },
};

const listSizes = { full: [10_000, 100_000], quick: [10_000] };

/** The peak memory of `dlq list` in its own process, against the local SQS. */
export const listBench: Bench = {
  name: 'list',
  description: 'the peak memory and the time of dlq list, and the memory of ops --help',
  figures: [],
  async *run({ quick, rounds, progress }) {
    const rows = [['command', 'peak MB', 'above --help', 'seconds', 'tickets']];
    const list: Record<string, object> = {};
    const times = Array.from({ length: rounds(3, 1) });
    const help: number[] = [];
    for (const _ of times) help.push((await runOps(['--help'], {})).peakMb);
    rows.push(['ops --help', median(help).toFixed(0), '', '', '']);
    for (const size of quick ? listSizes.quick : listSizes.full) {
      progress(`dlq list of ${size}`);
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
        const seconds = median(durations);
        rows.push([`dlq list of ${size}`, peak.toFixed(0), above, seconds.toFixed(1), counted]);
        list[size] = { peakMb: peak, seconds };
      });
    }
    yield tableOf(rows);
    yield figuresOf({ list });
  },
};

/** Replays a full queue once. The duration is the time between the first and the last line of the audit. */
async function replayOnce(count: number, delayMs: number) {
  return withQueues(delayMs, async ({ fill, environment, folder }) => {
    await fill(count);
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
    return { perSecond: (count * 1000) / ms, audited };
  });
}

interface BenchQueues {
  /** Sends `count` dead letters. Each is about another ticket. */
  fill: (count: number) => Promise<void>;
  /** The environment of a process in which the stack is named `bench`. */
  environment: Record<string, string>;
  folder: string;
}

/** Starts an SQS server, a TaskRouter without Tasks, and the outputs of a stack that names both. */
async function withQueues<Result>(
  delayMs: number,
  work: (queues: BenchQueues) => Promise<Result>,
): Promise<Result> {
  const queues = await startSqs({
    queues: ['changes', 'lookups'],
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
      queueUrls: {
        changes: queues.queueUrls.changes.replace(queues.url, url),
        lookups: queues.queueUrls.lookups.replace(queues.url, url),
      },
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

/** A dead letter in the form that sync sends: about 600 characters, and nine attributes. */
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

/**
 * Writes the peak memory of a process to its file descriptor 3, in kilobytes. On Linux, `/proc` gives the peak. The
 * peak of `resourceUsage` would include the memory of the process that started this one.
 */
const reportMemory =
  "data:text/javascript,import { readFileSync, writeSync } from 'node:fs';" +
  "process.on('exit', () => { let peak = process.resourceUsage().maxRSS;" +
  "try { peak = /VmHWM:\\s*(\\d*)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]; } catch {}" +
  'writeSync(3, String(peak)); });';

/**
 * Runs a command with the Node options that `npm run ops` uses.
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
  if (!stdout || !stderr || !memory || !('readable' in memory))
    throw new Error('The process has no pipes');
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

/**
 * Starts a TCP proxy on 127.0.0.1. It forwards each part of a connection after half of a round-trip time.
 * @returns its URL, and a function that stops the proxy
 */
async function startDelayProxy(targetUrl: string, roundTripMs: number) {
  const { hostname, port } = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const server = createTcpServer({ noDelay: true }, (client) => {
    const target = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      const later = (send: () => void) => setTimeout(send, roundTripMs / 2);
      from.on('data', (part) => later(() => to.destroyed || to.write(part)));
      from.on('end', () => later(() => to.end()));
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
