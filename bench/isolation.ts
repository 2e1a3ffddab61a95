import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createFlexClient } from '../local/demo/flex.ts';
import { startLocalStack } from '../local/stack.ts';
import type { StackLogLine } from '../local/stack-options.ts';
import { toBatches } from '../shared/aws/sqs.ts';
import type { TicketChangeMessage } from '../shared/messages/message.ts';
import { type Bench, table } from './frame/bench.ts';

export const isolationBench: Bench = {
  name: 'isolation',
  description: 'changes beside a message that kills the sync, on the local event source',
  defaultRounds: 1,
  async *run(rounds) {
    const rows = [['changes', 'half linked', 'all linked', 'dead letter']];
    for (let round = 1; round <= rounds; round += 1) rows.push(await measure());
    yield table(rows);
    yield `\nSeconds of the queue's time after the first redelivery; it runs ${timeFactor} times as fast as the clock.\n`;
  },
};

const timeFactor = 6;

const goodChanges = 40;

const killer = `WT${'0'.repeat(32)}`;

const pollMs = 100;

/** What the sync logs of a record. */
const OutcomeLine = z.looseObject({
  message: z.literal('outcome'),
  outcome: z.string(),
  disposition: z.string(),
  ticket: z.string(),
  reason: z.string().optional(),
});

/** One round. @returns the times after the first redelivery, in seconds of the queue's time */
async function measure(): Promise<string[]> {
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
    environment: { sync: { KILLS_THE_SYNC: killer, CONFIRM_AFTER_SECONDS: '' } },
    execArgv: ['--import', new URL('./isolation-preload.ts', import.meta.url).href],
    log,
  });
  const { sqs: endpoint, region, queueUrl } = stack.description;
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
        (Entries) => sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })),
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
