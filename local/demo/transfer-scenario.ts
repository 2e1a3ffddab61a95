import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepths, totalMessages } from '../../ops/aws.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import { newSid } from '../taskrouter/sids.ts';
import { createFlexClient, type Segment } from './flex.ts';
import {
  countSyncCalls,
  failedChecks,
  type OutcomeCounter,
  print,
  printHeading,
  printNote,
  renderConversation,
  type ScenarioResult,
} from './report.ts';
import { createZendeskSender, type ZendeskEvent } from './send-webhook.ts';

/** How often a step is repeated that must happen while sync is at a certain point. */
const maxAttempts = 20;

const maxLatencyMs = 1000;

const pollMs = 50;

const recordingUrl = 'https://recordings.example.com/RE1';

const recording = { type: 'VoiceRecording', url: recordingUrl };

/** When sync confirms a write in this scenario, in seconds. A deployed stack confirms after 20 and 90 seconds. */
export const confirmAfterSeconds = [4, 8];

/**
 * Transfers a call and runs a chat, while plugins write, TaskRouter is busy and old webhooks arrive.
 * @throws Error if a webhook is not accepted or a message is never processed
 */
export async function runTransferScenario(
  stack: LocalStackDescription,
  outcomes: OutcomeCounter,
): Promise<ScenarioResult> {
  const flexClient = createFlexClient(stack);
  const zendeskSender = createZendeskSender(stack);
  const startTime = Date.now() - 60_000;
  const failures: string[] = [];
  const lags: number[] = [];
  let sentChanges = 0;
  /** How many requests to TaskRouter this scenario itself makes. */
  let ownCalls = 0;

  const attributesOf = (taskSid: string): Promise<string> => {
    ownCalls += 1;
    return flexClient.attributesOf(taskSid);
  };
  const overwrite = async (taskSid: string, read: string, attributes: object): Promise<void> => {
    ownCalls += 1;
    await flexClient.overwrite(taskSid, read, attributes);
  };
  const complete = async (taskSid: string): Promise<void> => {
    ownCalls += 1;
    await flexClient.complete(taskSid);
  };
  const send = async (event: ZendeskEvent): Promise<void> => {
    sentChanges += await zendeskSender.send(event);
  };
  const waitUntilProcessed = (): Promise<void> =>
    outcomes.waitUntil(
      'all messages are processed',
      () =>
        outcomes.acceptedFromWebhooks() >= sentChanges && outcomes.done() === outcomes.accepted(),
    );

  const readMedia = async (taskSid: string, segments: readonly Segment[]) => {
    const text = await attributesOf(taskSid);
    const attributes = parseJson(text);
    const media = segments.map(({ sid }) =>
      isObject(attributes) ? effectiveMedia(mediaLists(attributes), sid) : [],
    );
    return { text, media };
  };
  const showsMedia = async (
    taskSid: string,
    segments: readonly Segment[],
    expected: readonly object[],
  ): Promise<boolean> => {
    const { media } = await readMedia(taskSid, segments);
    return media.every((list) => isDeepStrictEqual(list, expected));
  };
  /** Waits until every segment shows the expected media, and prints the conversation. */
  const expectMedia = async (
    name: string,
    taskSid: string,
    segments: readonly Segment[],
    expected: readonly object[],
  ): Promise<number> => {
    const since = performance.now();
    await outcomes
      .waitUntil(`the media of the ${name}`, async () => {
        if (await showsMedia(taskSid, segments, expected)) return true;
        await delay(pollMs);
        return false;
      })
      .catch(() => {});
    const lagMs = performance.now() - since;
    const { text, media } = await readMedia(taskSid, segments);
    const wanted = segments.map(() => expected);
    failures.push(...failedChecks([[`the media of the ${name}`, media, wanted]]));
    print(renderConversation(name, text, segments));
    printNote(`correct after ${(lagMs / 1000).toFixed(1)} s`);
    return lagMs;
  };
  const expectLink = async (...args: Parameters<typeof expectMedia>): Promise<void> => {
    lags.push(await expectMedia(...args));
  };

  printHeading(
    'A call starts. Its Task contains a ticket id. Ana accepts the call. No webhook was sent yet',
  );
  const call = await flexClient.createTask({
    zd_ticket_id: '5158',
    call_sid: newSid('CA'),
    conversations: { hang_up_by: 'customer' },
  });
  const ana = await flexClient.accept(call, 'Ana');
  await expectLink('call', call, [ana], [expectedTicket('5158')]);

  printHeading('The ticket changes. Zendesk sends one webhook twice, then an older one');
  await send({ ticket: '5158', event: 'status_changed', at: startTime + 2000 });
  await waitUntilProcessed();
  await send({ ticket: '5158', event: 'status_changed', at: startTime + 2000 });
  await send({ ticket: '5158', event: 'priority_changed', at: startTime + 1000 });
  await waitUntilProcessed();
  printNote(
    `${outcomes.count('unchanged')} unchanged, ${outcomes.count('stale')} older than the version on the Task`,
  );

  printHeading('Ana transfers the call to Ben. Ben sees the ticket too');
  const ofCall = [ana, await flexClient.transfer(call, 'Ben')];
  await expectLink('call', call, ofCall, [expectedTicket('5158')]);

  printHeading('Flex adds the recording. It is listed before the ticket');
  const before = await attributesOf(call);
  const conversations = { hang_up_by: 'customer', segment_link: recordingUrl };
  await overwrite(call, before, { conversations });
  await expectLink('call', call, ofCall, [recording, expectedTicket('5158')]);

  printHeading('A plugin writes stale attributes without If-Match');
  const { crm_media_sync: _, reservation_attributes: __, ...old } = JSON.parse(before);
  await overwrite(call, JSON.stringify({ ...old, conversations }), { disposition: 'refund' });
  await expectLink('call', call, ofCall, [recording, expectedTicket('5158')]);
  await waitUntilProcessed();

  printHeading(
    'A second ticket contains the Task SID. A plugin writes to the same Task at the same time',
  );
  const earlier = await flexClient.stats();
  const countConflicts = async () => (await flexClient.stats()).conflicts - earlier.conflicts;
  for (let attempt = 1; attempt <= maxAttempts && (await countConflicts()) === 0; attempt += 1) {
    const read = await attributesOf(call);
    await flexClient.changeSettings({ latencyMs: Math.min(maxLatencyMs, 200 * attempt) });
    const { calls } = await flexClient.stats();
    const fields = { external_id: call };
    await send({ ticket: '5160', event: 'created', at: startTime + 4000 + attempt, fields });
    await outcomes.waitUntil(
      'sync reads the Task',
      async () => (await flexClient.stats()).calls.fetchTask > calls.fetchTask,
    );
    await overwrite(call, read, { disposition: 'refund', turn: attempt });
    await flexClient.changeSettings({ latencyMs: 0 });
    await waitUntilProcessed();
  }
  await expectLink('call', call, ofCall, [
    recording,
    expectedTicket('5158'),
    expectedTicket('5160'),
  ]);
  const conflictCount = await countConflicts();
  printNote(`${conflictCount} write got 412; sync read the Task again and merged`);

  printHeading('The call ends. The second ticket is deleted while Twilio still keeps the Task');
  await complete(call);
  await send({ ticket: '5160', event: 'soft_deleted', at: startTime + 6000 });
  await expectLink('call', call, ofCall, [recording, expectedTicket('5158')]);

  printHeading(
    'A chat has no ticket id. Chloe accepts it. Its ticket contains the Conversation SID',
  );
  const conversationSid = newSid('CH');
  const transcript = { type: 'ChatTranscript', sid: conversationSid };
  const chat = await flexClient.createTask({ conversationSid });
  const chloe = await flexClient.accept(chat, 'Chloe');
  const chatTicket = { ticket: '6001', fields: { external_id: conversationSid } };
  await send({ ...chatTicket, event: 'created', at: startTime });
  await expectLink('chat', chat, [chloe], [transcript, expectedTicket('6001')]);
  await waitUntilProcessed();

  printHeading(
    'TaskRouter returns 429 with Retry-After 1. The ticket of the chat changes at the same time',
  );
  const earlierRetries = outcomes.count('retry');
  await flexClient.changeSettings({ faultRate: 1, faults: ['429'], retryAfterSeconds: 1 });
  await send({ ...chatTicket, event: 'status_changed', at: startTime + 5000 });
  await outcomes.waitUntil(
    'one attempt is rejected',
    () => outcomes.count('retry') > earlierRetries,
  );
  await flexClient.changeSettings({ faultRate: 0 });
  await waitUntilProcessed();
  printNote(`${outcomes.count('retry') - earlierRetries} attempt retried, then done`);

  printHeading('A plugin overwrites the ticket of the chat. TaskRouter sends no event about it');
  const overwriteChat = () =>
    overwrite(chat, JSON.stringify({ conversationSid }), { disposition: 'solved' });
  await overwriteChat();
  print(renderConversation('chat', await attributesOf(chat), [chloe]));
  const chatMedia = [transcript, expectedTicket('6001')];
  // On a slow machine the last confirmation may have ended before. Then another change causes new ones.
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    await waitUntilQueueIsEmpty(stack, outcomes, () => showsMedia(chat, [chloe], chatMedia));
    if (await showsMedia(chat, [chloe], chatMedia)) break;
    await send({ ...chatTicket, event: 'status_changed', at: startTime + 5000 + attempt });
    await waitUntilProcessed();
    await overwriteChat();
  }
  await expectMedia('chat', chat, [chloe], chatMedia);
  printNote(
    `sync confirms each write after ${confirmAfterSeconds.at(-1)} seconds (deployed: later)`,
  );

  const finalAttributes = JSON.parse(await attributesOf(call));
  failures.push(
    ...failedChecks([
      ['the plugin’s attribute', finalAttributes.disposition, 'refund'],
      ['the call’s own data', finalAttributes.conversations, conversations],
      ['a collision', conflictCount > 0, true],
      ['a stale webhook', outcomes.count('stale') > 0, true],
      ['a confirmation that repaired', outcomes.count('repaired') > 0, true],
    ]),
  );
  const { calls } = await flexClient.stats();
  const twilioCalls = countSyncCalls(calls) - ownCalls;
  print();
  printNote(
    `longest delay after an event or webhook: ${(Math.max(...lags) / 1000).toFixed(1)} s; Twilio calls: ${twilioCalls}`,
  );
  return { failures, twilioCalls };
}

function expectedTicket(id: string) {
  return {
    type: 'Referenced',
    url: `https://acme.zendesk.com/agent/tickets/${id}`,
    title: `Ticket ${id}`,
  };
}

/** Waits until all messages are done, confirmations too, or until the condition is true. */
async function waitUntilQueueIsEmpty(
  { sqs: endpoint, region, queueUrls }: LocalStackDescription,
  outcomes: OutcomeCounter,
  isEnough: () => Promise<boolean>,
): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  try {
    await outcomes.waitUntil('the queue is empty', async () => {
      await delay(pollMs);
      return totalMessages(await queueDepths(sqs, Object.values(queueUrls))) === 0 || isEnough();
    });
  } finally {
    sqs.destroy();
  }
}
