import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readPayload } from '../../fixtures/load.ts';
import { crm as salesforce } from '../../fixtures/salesforce/crm.ts';
import { queueDepths, totalMessages } from '../../ops/aws.ts';
import { createFlexClient } from '../demo/flex.ts';
import { createZendeskSender, sendCrmPayload } from '../demo/send-webhook.ts';
import { type LocalStack, startLocalStack } from '../stack.ts';
import type { StackLogLine } from '../stack-options.ts';
import { createStateFile } from '../start/saved-files.ts';
import { newSid } from '../taskrouter/sids.ts';
import type { DrillClock } from './clock.ts';
import { createFaultyTaskRouter } from './faulty-task-router.ts';

/** A call and its ticket. */
interface Call {
  taskSid: string;
  callSid: string;
}

/** One step of the clock. No message waits longer for its next try: this is the longest delay of SQS. */
const stepMs = 15 * 60_000 + 1000;

/** The limit for a machine that does not respond. */
const waitTimeoutMs = 60_000;

/**
 * Starts a local stack whose clock can be put forward. It has its own folder with a state file. The drill plays its
 * agents and CRMs.
 * @param stop makes each wait fail
 */
export async function openStage(clock: DrillClock, stop: AbortSignal) {
  let stack: LocalStack | undefined;
  const activity = createActivityCounter();
  const taskRouter = createFaultyTaskRouter(() => void stack?.crashSync());
  const root = await mkdtemp(join(tmpdir(), 'drill-'));
  const removeRoot = () => rm(root, { recursive: true, force: true });
  try {
    stack = await startLocalStack({
      startEmulator: taskRouter.start,
      environment: { sync: { CONFIRM_AFTER_SECONDS: '' } },
      execArgv: ['--import', new URL('./clock.ts', import.meta.url).href],
      maximumConcurrency: 1,
      windowMs: 50,
      log: activity.readLine,
    });
  } catch (error) {
    await removeRoot();
    throw error;
  }
  const { description, webhooks, close } = stack;
  createStateFile(root).write(description);
  const { sqs: endpoint, region, queueUrls, sources } = description;
  const { deadLetterQueueUrl, eventDeadLetterQueueUrl } = description;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  const flex = createFlexClient(description);
  const zendesk = createZendeskSender(description);
  const syncQueues = Object.values(queueUrls);
  const calls = new Map<string, Call>();

  const waitUntil = async (what: string, condition: () => boolean | Promise<boolean>) => {
    const deadline = performance.now() + waitTimeoutMs;
    while (!(await condition())) {
      stop.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`${what}: did not happen within a minute`);
      await delay(10);
    }
  };

  const callOf = (ticket: string): Call => {
    const call = calls.get(ticket);
    if (call === undefined) throw new Error(`There is no call with ticket ${ticket}`);
    return call;
  };

  let crashesBefore = 0;

  /** Waits until no message is in flight. Messages that are hidden after a crash do not count. */
  const waitUntilIdle = () =>
    waitUntil('sync has nothing to do', async () => {
      const { visible, inFlight } = await queueDepths(sqs, syncQueues);
      return visible === 0 && (inFlight === 0 || activity.crashes > crashesBefore);
    });

  const countMessages = async (...urls: readonly string[]): Promise<number> =>
    totalMessages(await queueDepths(sqs, urls));

  const stage = {
    root,
    faults: taskRouter.faults,
    webhooks,
    waitUntil,
    taskOf: (ticket: string): string => callOf(ticket).taskSid,

    /** Starts a call, which an agent accepts. The call goes on until the drill ends. */
    startCall: async (ticket: string, attributes: object = {}): Promise<string> => {
      const callSid = newSid('CA');
      const taskSid = await flex.createTask({ call_sid: callSid, ...attributes });
      await flex.accept(taskSid, 'Ana');
      calls.set(ticket, { taskSid, callSid });
      return taskSid;
    },

    /** Changes tickets in the CRM. Each ticket names its call. */
    changeTickets: async (...tickets: readonly string[]): Promise<void> => {
      const at = Date.now();
      const send = (ticket: string) => {
        const fields = { external_id: callOf(ticket).callSid };
        return zendesk.send({ ticket, event: 'status_changed', at, fields });
      };
      await Promise.all(tickets.map(send));
    },

    /** Changes tickets, and waits until sync has tried the changes once or one of them has ended sync. */
    changeTicketsAndTry: async (...tickets: readonly string[]): Promise<void> => {
      crashesBefore = activity.crashes;
      await stage.changeTickets(...tickets);
      await waitUntilIdle();
    },

    /**
     * Sends a Salesforce event about a Case that names its call.
     * @returns the id of the Case
     */
    changeCase: async (): Promise<string> => {
      const { ticket, callSid = '' } = salesforce.story;
      const taskSid = await flex.createTask({ call_sid: callSid });
      await flex.accept(taskSid, 'Ben');
      calls.set(ticket, { taskSid, callSid });
      const payload = readPayload('salesforce', 'sid_set.json');
      await sendCrmPayload(description, 'salesforce', salesforce, payload);
      return ticket;
    },

    /** Changes attributes of a ticket's Task, as the owner of a plugin or a flow does. */
    overwrite: async (ticket: string, attributes: object): Promise<void> => {
      const { taskSid } = callOf(ticket);
      await flex.overwrite(taskSid, await flex.attributesOf(taskSid), attributes);
    },

    /** Sends text to the queue that is not a message of crm-media-sync. */
    sendToQueue: (MessageBody: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrls.changes, MessageBody })),

    /** Whether the supervisor sees the ticket on its call. */
    isLinked: async (ticket: string): Promise<boolean> => {
      const { taskSid } = callOf(ticket);
      const urls = Object.values(sources).map(({ ticketUrl }) => ticketUrl.replace('{id}', ticket));
      const attributes = await flex.attributesOf(taskSid);
      return urls.some((url) => attributes.includes(JSON.stringify(url)));
    },

    areLinked: async (tickets: readonly string[]): Promise<boolean> =>
      !(await Promise.all(tickets.map(stage.isLinked))).includes(false),

    waitUntilLinked: async (...tickets: readonly string[]): Promise<void> => {
      for (const ticket of tickets) {
        await waitUntil(`ticket ${ticket} is linked`, () => stage.isLinked(ticket));
      }
    },

    deadLetterCount: () => countMessages(deadLetterQueueUrl),

    eventDeadLetterCount: () => countMessages(eventDeadLetterQueueUrl),

    /** The tickets that are not linked to their calls, and how many messages are left in all queues. */
    findLosses: async (): Promise<{ tickets: readonly string[]; messages: number }> => {
      // A message stays in flight until the invocation that linked its ticket ends.
      await waitUntilIdle();
      const isLinked = await Promise.all([...calls.keys()].map(stage.isLinked));
      return {
        tickets: [...calls.keys()].filter((_, index) => !isLinked[index]),
        messages: await countMessages(...syncQueues, deadLetterQueueUrl, eventDeadLetterQueueUrl),
      };
    },

    callCount: (): number => calls.size,

    /**
     * Puts the clock forward until `count` dead letters exist. Each step is long enough that every message is tried
     * again.
     * @returns how far the clock was put forward, in milliseconds
     */
    passTimeUntilDeadLetters: async (count: number, ms = stepMs): Promise<number> => {
      let passedMs = 0;
      await waitUntilIdle();
      while ((await countMessages(deadLetterQueueUrl)) < count) {
        const { tries, crashes } = activity;
        if ((await countMessages(...syncQueues)) === 0)
          throw new Error('A message is lost: it is in no queue');
        clock.advance(ms);
        passedMs += ms;
        await waitUntil(
          'sync tries a message again',
          () => activity.tries > tries || activity.crashes > crashes,
        );
        crashesBefore = crashes;
        await waitUntilIdle();
      }
      return passedMs;
    },

    /** Puts the clock forward once. */
    passTime: (ms: number): void => clock.advance(ms),

    close: async (): Promise<void> => {
      sqs.destroy();
      await close().finally(removeRoot);
    },
  };
  return stage;
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Counts the tries that sync logs, and the batches that ended its process. */
function createActivityCounter() {
  const counter = {
    tries: 0,
    crashes: 0,
    readLine: ({ from, text }: StackLogLine): void => {
      if (from === 'sync' && text.includes('"disposition"')) counter.tries += 1;
      if (from === 'event-source' && text.startsWith('a batch of')) counter.crashes += 1;
    },
  };
  return counter;
}
