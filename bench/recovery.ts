import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createFlexClient } from '../local/demo/flex.ts';
import { startLocalStack } from '../local/stack.ts';
import type { StackLogLine } from '../local/stack-options.ts';
import { toBatches } from '../shared/aws/sqs.ts';
import type { TicketChangeMessage } from '../shared/messages/message.ts';
import { decideDisposition } from '../shared/sync/disposition.ts';
import { outcomeOfError } from '../shared/sync/outcome.ts';
import { createBreakerState } from '../shared/taskrouter/circuit-breaker.ts';
import { CircuitOpen, Transient } from '../shared/taskrouter/errors.ts';
import { type Bench, tableOf, text } from './frame/bench.ts';

export const recoveryBench: Bench = {
  name: 'recovery',
  description: 'how soon messages come back after an outage of TaskRouter, on a simulated clock',
  figures: [],
  *run(effort) {
    const rounds = effort.rounds(10, 3);
    yield tableOf([
      ['outage', 'half back', 'all back', 'tries an hour', 'sent to Twilio'],
      ...[2, 60, 360].map((minutes) => recoveryAfter(minutes, rounds)),
    ]);
    yield text(
      'Tries an hour: for one message. Sent to Twilio: requests an hour from one instance.',
    );
  },
};

const secondsPerHour = 3600;

const messages = 100;

const instances = 2;

function recoveryAfter(minutes: number, rounds: number): string[] {
  const outageSeconds = minutes * 60;
  const runs = Array.from({ length: rounds }, () =>
    simulateOutage({ outageSeconds, messages, instances, random: Math.random }),
  );
  const waits = runs.flatMap(({ backAfter }) => backAfter).toSorted((one, other) => one - other);
  const mean = (count: (run: (typeof runs)[number]) => number): string =>
    (runs.reduce((sum, run) => sum + count(run), 0) / rounds).toFixed(0);
  // Messages come evenly over the outage, so on average each waits for half of it.
  const messageHours = (messages * outageSeconds) / secondsPerHour / 2;
  return [
    `${minutes} min`,
    `${waits[Math.floor(waits.length / 2)]?.toFixed(0)} s`,
    `${waits.at(-1)?.toFixed(0)} s`,
    mean(({ tries }) => tries / messageHours),
    mean(({ requests }) => requests / instances / (outageSeconds / secondsPerHour)),
  ];
}

interface Waiting {
  readonly acceptedAt: number;
  dueAt: number;
  tries: number;
}

/**
 * Simulates an outage. Messages come evenly, and each try uses the circuit breaker of one of the instances.
 * @param outage.random returns numbers from 0 up to 1
 * @returns in seconds after the outage, when each message was applied that did not become a dead letter; the
 *   tries and the requests to TaskRouter during the outage
 */
export function simulateOutage({
  outageSeconds,
  messages,
  instances,
  random,
}: {
  outageSeconds: number;
  messages: number;
  instances: number;
  random: () => number;
}): { backAfter: readonly number[]; tries: number; requests: number } {
  let now = 0;
  let tries = 0;
  let requests = 0;
  const backAfter: number[] = [];
  const breakers = Array.from({ length: instances }, () =>
    createBreakerState({ now: () => now * 1000, random }),
  );
  const isOutage = () => now < outageSeconds;

  /**
   * Sends a request to TaskRouter, unless the circuit is open.
   * @returns the error, or undefined
   */
  const ask = (breaker: (typeof breakers)[number]): unknown => {
    const admission = breaker.admit();
    if (admission.admits === 'after-probe')
      throw new Error('A probe cannot be under way: it takes no time here');
    const unavailable = new Transient('HTTP 503', { status: 503 });
    if (admission.admits === 'none') return new CircuitOpen(admission.forMs, unavailable);
    if (!isOutage()) {
      breaker.recordSuccess();
      return undefined;
    }
    requests += 1;
    breaker.recordFailure(admission.admits === 'probe');
    return unavailable;
  };

  const waiting: Waiting[] = Array.from({ length: messages }, (_, index) => {
    const acceptedAt = (index / messages) * outageSeconds;
    return { acceptedAt, dueAt: acceptedAt, tries: 0 };
  });
  while (waiting.length > 0) {
    const next = waiting.reduce((first, one) => (one.dueAt < first.dueAt ? one : first));
    now = next.dueAt;
    next.tries += 1;
    if (isOutage()) tries += 1;
    const breaker = breakers[Math.floor(random() * instances)];
    const error = breaker && ask(breaker);
    const disposition =
      error === undefined
        ? undefined
        : decideDisposition(outcomeOfError(error), progressOf(next), {
            now: now * 1000,
            random: random(),
            confirmAfterSeconds: [],
          });
    if (disposition?.action === 'retry-later') {
      next.dueAt = now + disposition.delaySeconds;
      continue;
    }
    if (disposition === undefined) backAfter.push(now - outageSeconds);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return { backAfter, tries, requests };
}

function progressOf({ acceptedAt, tries }: Waiting) {
  return { message: undefined, tries, firstTriedAt: acceptedAt * 1000, unfinishedTries: 0 };
}

export const isolationBench: Bench = {
  name: 'isolation',
  description: 'changes beside a message that ends the process of sync, on the local event source',
  figures: [],
  async *run({ quick, rounds, progress }) {
    const timeFactor = quick ? 30 : 6;
    const rows = [['changes', 'half linked', 'all linked', 'dead letter']];
    for (let round = 1; round <= rounds(1, 1); round += 1) {
      progress(`changes beside a message that ends sync, round ${round}`);
      rows.push(await measureIsolation(timeFactor));
    }
    yield tableOf(rows);
    yield text(
      `Seconds of the queue's time after the first redelivery. The queue's time is ${timeFactor} times as fast as real time.`,
    );
  },
};

const goodChanges = 40;

const killer = `WT${'0'.repeat(32)}`;

const pollMs = 100;

/**
 * Loaded first in sync. When sync reads the Task of `TASK_THAT_ENDS_SYNC`, the process ends at once, as it does
 * when memory runs out.
 */
const killSync =
  "data:text/javascript,import { subscribe } from 'node:diagnostics_channel';" +
  "subscribe('http.client.request.start', ({ request }) => {" +
  "if (request.path.includes(process.env.TASK_THAT_ENDS_SYNC)) process.kill(process.pid, 'SIGKILL'); });";

/** The fields of sync's log line about a record. */
const OutcomeLine = z.looseObject({
  message: z.literal('outcome'),
  outcome: z.string(),
  disposition: z.string(),
  ticket: z.string(),
  reason: z.string().optional(),
});

/**
 * Runs one round.
 * @returns the times after the first redelivery, in seconds of the queue's time
 */
async function measureIsolation(timeFactor: number): Promise<string[]> {
  const linked = new Map<string, number>();
  const begin = performance.now();
  const now = (): number => ((performance.now() - begin) / 1000) * timeFactor;
  let redeliveredAt: number | undefined;
  let deadLetterAt: number | undefined;
  const log = ({ from, text }: StackLogLine): void => {
    if (from !== 'sync' || !text.startsWith('{')) return;
    const { data } = OutcomeLine.safeParse(JSON.parse(text));
    if (data === undefined) return;
    if (data.reason === 'sync-did-not-finish') redeliveredAt ??= now();
    if (data.disposition === 'dead-letter') deadLetterAt ??= now();
    const isLinked = data.outcome === 'linked' || data.outcome === 'unchanged';
    if (isLinked && !linked.has(data.ticket)) linked.set(data.ticket, now());
  };
  const stack = await startLocalStack({
    taskEvents: 'off',
    timeFactor,
    windowMs: 1000 / timeFactor,
    syncRunsIn: 'process',
    environment: { sync: { TASK_THAT_ENDS_SYNC: killer, CONFIRM_AFTER_SECONDS: '' } },
    execArgv: ['--import', killSync],
    log,
  });
  const { sqs: endpoint, region, queueUrls } = stack.description;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  try {
    const flex = createFlexClient(stack.description);
    const taskSids = [killer];
    for (let index = 0; index < goodChanges; index += 1) {
      const sid = await flex.createTask({});
      await flex.accept(sid, 'Ada');
      taskSids.push(sid);
    }
    const messages = taskSids.map((taskSid, id) => JSON.stringify(changeOf(id, taskSid)));
    await Promise.all(
      toBatches(messages.map((MessageBody, id) => ({ Id: String(id), MessageBody }))).map(
        (Entries) =>
          sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrls.changes, Entries })),
      ),
    );
    while (linked.size < goodChanges || deadLetterAt === undefined) await sleep(pollMs);
  } finally {
    sqs.destroy();
    await stack.close();
  }
  const times = [...linked.values()].toSorted((one, other) => one - other);
  const after = (at: number | undefined): string =>
    `${((at ?? Number.NaN) - (redeliveredAt ?? Number.NaN)).toFixed(0)} s`;
  const half = times[goodChanges / 2];
  return [`${goodChanges} beside 1`, after(half), after(times.at(-1)), after(deadLetterAt)];
}

function changeOf(id: number, taskSid: string): TicketChangeMessage {
  const now = Date.now();
  return {
    v: 1,
    kind: 'ticket-change',
    meta: { receivedAt: now },
    change: {
      ticket: `zendesk/${id + 1}`,
      version: '1',
      link: { type: 'Referenced', url: `https://acme.zendesk.com/agent/tickets/${id + 1}` },
      correlation: { taskSid },
      occurredAt: now,
    },
  };
}
