import { getExpectedBodyHash, getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import type { EventBusCrm } from '../../fixtures/crm.ts';
import { handlePartnerEvent } from '../../lambdas/crm-change/partner-events.ts';
import { createCrmWebhook } from '../../lambdas/crm-change/webhook.ts';
import { createSync } from '../../lambdas/sync/sync.ts';
import { createTaskEventWebhook, createWriteBackoff } from '../../lambdas/task-event/webhook.ts';
import { putEvents } from '../../local/aws/event-bridge.ts';
import { startHttpApi } from '../../local/aws/http-api.ts';
import { crmChangeEnvironment, secretNames } from '../../local/functions.ts';
import { createLocalSources } from '../../local/sources.ts';
import type { EmulatedEvent } from '../../local/taskrouter/events/event.ts';
import { toCloudEvent } from '../../local/taskrouter/events/payloads.ts';
import { configureSources, Sources } from '../../shared/crm/config.ts';
import { LinkConfigs } from '../../shared/crm/link-settings.ts';
import { countInvalidIds, ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import {
  acceptTask,
  account,
  jsonOf,
  startEmulator,
  twilioRequest,
} from '../local/taskrouter/client.ts';
import { shownBy } from '../media/arbitraries.ts';
import {
  createSimulatedQueue,
  deadLetterQueueUrl,
  queueUrl,
  queueUrls,
} from '../pipeline/simulated-queue.ts';

const authToken = 'd'.repeat(32);
const year = 365 * 24 * 3_600_000;
const taskEventsPath = '/twilio/task-events';

/** The response to a request, or the end of an event, and the line that was logged for it. */
export interface Answer {
  status: number | 'dead event';
  body: string;
  log: object;
}

/**
 * All functions over HTTP, with the sources of `npm start`, a TaskRouter emulator and events of EventBridge, until
 * the test ends. The clock and the queue are simulated: once `drain` returns, nothing more will happen.
 */
export async function startPipeline() {
  let now = Date.parse('2026-11-23T10:00:00Z');
  const clock = () => now;
  const common = { now: clock, random: () => 0.5, sleep: async () => {} };
  const segments = new Map<string, string>();
  const queue = createSimulatedQueue(clock);
  const log: object[] = [];
  const addLine = (entry: object): void => {
    log.push(entry);
  };

  const taskEvents: EmulatedEvent[] = [];
  const emulator = await startEmulator({
    now: clock,
    settings: { deleteAfterMs: year },
    onEvent: (event) => taskEvents.push(event),
  });
  const localSources = await createLocalSources({});
  const endpoints = { sqs: '', secretsManager: '', queueUrls };
  const { SOURCES = '' } = crmChangeEnvironment(endpoints, localSources);
  const sources = configureSources(Sources.parse(JSON.parse(SOURCES)));
  const links = LinkConfigs.parse(JSON.parse(SOURCES));
  const names = { namedTickets: ticketsOnTask(links), countInvalidIds: countInvalidIds(links) };
  const secrets = new Map([
    [secretNames.authToken, authToken],
    ...localSources.map((source): [string, string] => [
      secretNames.source(source.name),
      source.transport === 'http' ? source.secret : '',
    ]),
  ]);
  const webhookOptions = {
    ...common,
    queueUrlOf: () => queueUrl,
    sqs: queue.sqs,
    readSecret: async (name: string) => secrets.get(name) ?? '',
    log: addLine,
  };
  const crmOptions = { ...webhookOptions, sources };
  const crmChange = createCrmWebhook(crmOptions);
  const taskEvent = createTaskEventWebhook({
    ...webhookOptions,
    ...account,
    ...names,
    authTokenSecret: secretNames.authToken,
    publicUrl: undefined,
    writeBackoff: createWriteBackoff(clock),
  });
  const logLine = (message: string, fields: object) => addLine({ message, ...fields });
  const sync = createSync({
    ...common,
    taskRouter: createTaskRouterClient({
      credentials: account,
      workspaceSid: account.workspaceSid,
      url: emulator.url,
      evaluationsPerSecond: 1000,
    }),
    sqs: queue.sqs,
    queueUrls,
    deadLetterQueueUrl,
    logger: { info: logLine, warn: logLine, error: logLine },
    metrics: { addMetric: () => {}, publishStoredMetrics: () => {} },
    namedTickets: names.namedTickets,
    requestsInParallel: () => 4,
    searchIntervalMs: 0,
    taskEvents: true,
    confirmAfterSeconds: [20, 90],
  });

  const httpApi = await startHttpApi({
    invoke: crmChange,
    routes: { [`POST ${taskEventsPath}`]: taskEvent },
    log: (line) => addLine({ message: line }),
  });
  onTestFinished(httpApi.close);

  const post = async (url: string, body: string, headers: object): Promise<Answer> => {
    const response = await fetch(url, { method: 'POST', headers: { ...headers }, body });
    return { status: response.status, body: await response.text(), log: log.at(-1) ?? {} };
  };

  /** A request of Event Streams; it may be signed over another body than it has, or over the bare URL. */
  const postTaskEvents = (
    body: string,
    { signedBody = body, isHashed = true, headers = {} } = {},
  ): Promise<Answer> => {
    const hash = isHashed ? `?bodySHA256=${getExpectedBodyHash(signedBody)}` : '';
    const url = httpApi.url + taskEventsPath + hash;
    const signature = getExpectedTwilioSignature(authToken, url, {});
    const signed = { 'content-type': 'application/json', 'x-twilio-signature': signature };
    return post(url, body, { ...signed, ...headers });
  };

  /** Lambda tries a failed event again, with the same result. */
  const putEvent = async (crm: EventBusCrm, Detail: string): Promise<Answer> => {
    const entry = { Source: crm.settings.partnerEventSource, DetailType: crm.detailType, Detail };
    const { events } = putEvents(JSON.stringify({ Entries: [entry] }), new Date(now));
    const handled = await Promise.allSettled(
      events.map((event) => handlePartnerEvent(event, crmOptions)),
    );
    const failed = handled.find((result) => result.status === 'rejected');
    return {
      status: failed === undefined ? 202 : 'dead event',
      body: String(failed?.reason ?? ''),
      log: log.at(-1) ?? {},
    };
  };

  const request = (path: string, form?: Record<string, string>): Promise<unknown> =>
    jsonOf(twilioRequest(emulator, { path, ...(form && { form }) }));
  const attributesOf = async (task: string): Promise<JsonObject> =>
    JSON.parse(WithAttributes.parse(await request(`/Tasks/${task}`)).attributes);
  const write = (task: string, attributes: object): Promise<unknown> =>
    request(`/Tasks/${task}`, { Attributes: JSON.stringify(attributes) });

  return {
    now: clock,
    log,
    queue,
    postTaskEvents,
    attributesOf,
    write,
    /** A Task, accepted by an agent if wanted. @returns its SID */
    createTask: async (attributes: object, accepted: boolean): Promise<string> => {
      const form = { Attributes: JSON.stringify(attributes) };
      const { sid } = WithSid.parse(await request('/Tasks', form));
      if (accepted) segments.set(sid, await acceptTask(emulator, sid));
      return sid;
    },
    /** The agent has wrapped up. */
    completeReservation: (task: string): Promise<unknown> =>
      request(`/Tasks/${task}/Reservations/${segments.get(task)}`, {
        ReservationStatus: 'completed',
      }),
    /** What a supervisor sees on the segment of a Task. */
    shownOn: async (task: string): Promise<readonly Json[]> =>
      shownBy(await attributesOf(task), segments.get(task) ?? ''),
    /** A request or an event of a CRM, by the name of its source. */
    send: (name: string, body: string, { isSigned = true, headers = {} } = {}): Promise<Answer> => {
      const source = localSources.find((candidate) => candidate.name === name);
      if (source?.transport === 'event-bus') return putEvent(source.crm, body);
      if (source === undefined) throw new Error(`${name} is not a source`);
      const { secret, crm } = source;
      const target = `${httpApi.url}/webhooks/${name}`;
      const signing = { body: Buffer.from(body), secret, url: target, now };
      const { url, ...signed } = isSigned ? crm.sign(signing) : { url: target, headers: {} };
      return post(url, body, { 'content-type': 'application/json', ...signed.headers, ...headers });
    },
    /** Delivers TaskRouter's events and the messages of the queue, until there are none for five minutes. */
    drain: async (): Promise<void> => {
      const end = now + 300_000;
      for (;;) {
        for (const event of taskEvents.splice(0)) {
          const { status } = await postTaskEvents(JSON.stringify([toCloudEvent(event)]));
          if (status !== 204) throw new Error(`task-event answered ${status}`);
        }
        const next = queue.nextVisibleAt();
        if (next === undefined || next > end) return;
        now = Math.max(now, next);
        await queue.consume((batch) => sync(batch, { getRemainingTimeInMillis: () => 30_000 }), 50);
      }
    },
  };
}
export type Pipeline = Awaited<ReturnType<typeof startPipeline>>;

const WithSid = z.object({ sid: z.string() });
const WithAttributes = z.object({ attributes: z.string() });
