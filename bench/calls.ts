import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createFlexClient } from '../local/demo/flex.ts';
import { type LocalStack, startLocalStack } from '../local/stack.ts';
import type { Message } from '../shared/messages/message.ts';
import { type Bench, figuresOf, tableOf, text } from './frame/bench.ts';
import {
  type Consumer,
  docsRecipe,
  flexTemplate,
  powertools,
  project,
  readModifyWrite,
} from './rig/consumers.ts';
import { latencyMs } from './rig/measure-lag.ts';
import { messagesIn, type Rig, sendMessages, startRig } from './rig/rig.ts';
import {
  type BenchTask,
  callAttributes,
  changeOf,
  createCall,
  type Kept,
  keptFigures,
  keptOn,
} from './rig/workload.ts';

/** Which data is kept, and how many requests to TaskRouter that needs. */
export const callsBench: Bench = {
  name: 'calls',
  description: `links, recordings and other attributes kept, and requests to TaskRouter for a change, TaskRouter at ${latencyMs} ms`,
  figures: [
    'callsPerChange',
    'callsPerExclusiveChange',
    'calls32OnOneTask',
    'calls32InFourBatches',
    'duplicateWrites',
    ...keptFigures,
  ],
  async *run(effort) {
    const consumers = [project(), powertools, readModifyWrite, docsRecipe, flexTemplate];
    const results: ScenarioResult[][] = [];
    for (const consumer of consumers) {
      effort.progress(`kept and calls: ${consumer.name}`);
      results.push(await runScenarios(consumer, effort.quick ? 12 : 40));
    }
    const [ours = []] = results;
    const head = ours.map(({ name }) => name);
    const row = (cell: (result: ScenarioResult) => string) =>
      head.map((name, index) => [name, ...results.map((of) => (of[index] ? cell(of[index]) : ''))]);
    const names = consumers.map(({ name }) => name);
    yield text('Requests to TaskRouter for each change. In brackets: all updates of Tasks.');
    yield tableOf([
      ['calls for a change', ...names],
      ...row(({ calls, writes, changes }) => `${(calls / changes).toFixed(2)} (${writes})`),
    ]);
    yield text('How much was kept, in percent: links/recordings/other attributes.');
    yield tableOf([['kept', ...names], ...row(({ kept }) => keptText(kept))]);
    yield {
      kind: 'chart',
      chart: {
        file: 'calls.svg',
        title: 'Requests to TaskRouter for a change',
        description: 'Requests for each change, by scenario and program. Lower is better.',
        unit: 'requests for a change, logarithmic',
        scale: 'log',
        series: names,
        plot: {
          kind: 'bars',
          groups: head.map((name, index) => ({
            name: shortNames.get(name) ?? name,
            values: results.map((of) => of[index] && of[index].calls / of[index].changes),
          })),
        },
      },
    };

    const byName = new Map(ours.map((result) => [result.name, result]));
    const least = (share: keyof Kept) => Math.min(...ours.map(({ kept }) => kept[share]));
    yield figuresOf({
      kept: {
        links: least('links'),
        recordings: least('recordings'),
        foreign: least('foreign'),
      },
      callsToLink: perChange(byName.get(spread)),
      callsToLinkBySearch: perChange(byName.get(bySearch)),
      calls32OnOneTask: byName.get(oneBatch)?.calls,
      calls32InFourBatches: byName.get(fourBatches)?.calls,
      calls32AtOnce: byName.get(atOnce)?.calls,
      duplicateWrites: byName.get(duplicates)?.writes,
      baselines: Object.fromEntries(
        results
          .slice(1)
          .map((of, index) => [
            names[index + 1],
            Object.fromEntries(of.map(({ name, ...result }) => [name, result])),
          ]),
      ),
    });

    effort.progress('calls over the whole life of a change');
    const life = await measureLife(effort.quick ? 12 : 40);
    yield text(
      'Requests over the whole life of a change, with its confirmations and the reconciles that TaskRouter events cause. The baselines confirm nothing.',
    );
    yield tableOf([
      ['whole life of a change', 'calls for a change'],
      ...life.map(({ name, calls }) => [name, calls.toFixed(2)]),
    ]);
    yield figuresOf({
      callsPerChange: life[0]?.calls,
      callsPerChangeBySearch: life[1]?.calls,
      callsPerExclusiveChange: life[2]?.calls,
    });
  },
};

interface ScenarioResult {
  name: string;
  changes: number;
  calls: number;
  writes: number;
  conflicts: number;
  redelivered: number;
  kept: Kept;
}

const spread = 'a Task each, by SID, one batch';
const duplicates = 'the same again';
const bySearch = 'a Task each, by call SID, one batch';
const oneBatch = '32 on one Task, one batch';
const fourBatches = '32 on one Task, four batches';
const atOnce = '32 on one Task, 32 invocations';

const shortNames = new Map([
  [spread, 'by SID'],
  [duplicates, 'again'],
  [bySearch, 'by call SID'],
  [oneBatch, '32, one batch'],
  [fourBatches, '32, 4 batches'],
  [atOnce, '32 at once'],
]);

const ofOneTask = 32;

/** The number of tickets on the Task. Each changes twice. */
const ticketsOfOneTask = 16;

async function runScenarios(consumer: Consumer, size: number): Promise<ScenarioResult[]> {
  const rig = await startRig(consumer, {
    latencyMs,
    variables: { CONFIRM_AFTER_SECONDS: '' },
    instancesInProcess: ofOneTask,
  });
  try {
    const many = () => Array.from({ length: size }, () => createCall(rig));
    const [named, searched] = [many(), many()];
    const each = (tasks: readonly BenchTask[], by: 'task SID' | 'call SID') => ({
      messages: tasks.map((task, index) => changeOf(index + 1, task, by)),
      tickets: new Map(tasks.map((task, index) => [task, [index + 1]])),
    });
    const first = each(named, 'task SID');
    const onOne = (batchSize: number) => {
      const task = createCall(rig);
      const numbers = Array.from({ length: ticketsOfOneTask }, (_, index) => index + 1);
      const messages = ['1', '2'].flatMap((version) =>
        numbers.map((number) => changeOf(number, task, 'task SID', { version })),
      );
      return { batches: chunks(messages, batchSize), tickets: new Map([[task, numbers]]) };
    };
    const search = each(searched, 'call SID');
    return [
      await runScenario(rig, spread, { ...first, batches: [first.messages] }),
      await runScenario(rig, duplicates, { ...first, batches: [first.messages] }),
      await runScenario(rig, bySearch, { ...search, batches: [search.messages] }),
      await runScenario(rig, oneBatch, onOne(ofOneTask)),
      await runScenario(rig, fourBatches, onOne(10)),
      await runScenario(rig, atOnce, onOne(1)),
    ];
  } finally {
    await rig.close();
  }
}

async function runScenario(
  rig: Rig,
  name: string,
  {
    batches,
    tickets,
  }: { batches: readonly (readonly Message[])[]; tickets: ReadonlyMap<BenchTask, number[]> },
): Promise<ScenarioResult> {
  const { stats } = rig.state;
  const before = { calls: rig.calls(), writes: stats.calls.updateTask, conflicts: stats.conflicts };
  const redelivered = await rig.deliver(batches);
  await rig.waitUntilEmpty();
  return {
    name,
    changes: batches.flat().length,
    calls: rig.calls() - before.calls,
    writes: stats.calls.updateTask - before.writes,
    conflicts: stats.conflicts - before.conflicts,
    redelivered,
    kept: keptOn(rig, tickets),
  };
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function perChange(result: ScenarioResult | undefined): number | undefined {
  return result && result.calls / result.changes;
}

function keptText({ links, recordings, foreign }: Kept): string {
  return [links, recordings, foreign].map((share) => Math.round(100 * share)).join('/');
}

/** How much faster than real time the queues run. The last confirmation comes after 90 s of the queues' time. */
const timeFactor = 20;

/** The requests of a change from its message to its last confirmation, on the whole local stack. */
async function measureLife(size: number) {
  const stack = await startLocalStack({ timeFactor, emulatorSettings: { latencyMs } });
  const { sqs: endpoint, region } = stack.description;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  try {
    const results: { name: string; calls: number }[] = [];
    for (const [name, by, more] of [
      ['by Task SID', 'task SID', {}],
      ['by call SID', 'call SID', {}],
      ['exclusive, by call SID', 'call SID', { exclusive: true }],
    ] as const) {
      const tasks = await createCalls(stack, size);
      await waitUntilQuiet(stack, sqs);
      const before = await callsOf(stack);
      const offset = 1 + results.length * size;
      const messages = tasks.map((task, index) => changeOf(offset + index, task, by, more));
      await sendMessages(sqs, project(), queueUrlsOf(stack), messages);
      await waitUntilQuiet(stack, sqs);
      results.push({ name, calls: ((await callsOf(stack)) - before) / size });
    }
    return results;
  } finally {
    sqs.destroy();
    await stack.close();
  }
}

/** The URLs of the stack's queues, by the name of the lane. */
function queueUrlsOf({ description }: LocalStack): Readonly<Record<string, string>> {
  return description.queueUrls;
}

async function createCalls({ description }: LocalStack, size: number): Promise<BenchTask[]> {
  const flex = createFlexClient(description);
  return Promise.all(
    Array.from({ length: size }, async () => {
      const { callSid, attributes } = callAttributes();
      const taskSid = await flex.createTask(attributes);
      const { sid } = await flex.accept(taskSid, 'Ada');
      return { taskSid, reservationSid: sid, callSid, others: {} };
    }),
  );
}

const countedCalls = ['fetchTask', 'updateTask', 'listReservations', 'listTasks', 'evaluate'];

interface Stats {
  calls: Record<string, number>;
  deliveries: object;
}

async function statsOf({ description }: LocalStack): Promise<Stats> {
  const response = await fetch(`${description.taskrouter}/_emulator/stats`);
  return response.json() as Promise<Stats>;
}

async function callsOf(stack: LocalStack): Promise<number> {
  const { calls } = await statsOf(stack);
  return countedCalls.reduce((sum, name) => sum + (calls[name] ?? 0), 0);
}

const quietMs = 400;

const quietPolls = 4;

/** Waits until no message is left and TaskRouter got no request for a while. */
async function waitUntilQuiet(stack: LocalStack, sqs: SQSClient): Promise<void> {
  let [last, polls] = ['', 0];
  while (polls < quietPolls) {
    await sleep(quietMs);
    const now = JSON.stringify(await statsOf(stack));
    polls = now === last && (await messagesIn(sqs)) === 0 ? polls + 1 : 0;
    last = now;
  }
}
