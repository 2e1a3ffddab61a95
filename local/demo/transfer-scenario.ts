import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isObject, parseJson } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import { createFlexClient, type Segment } from './flex.ts';
import {
  countSyncCalls,
  failedChecks,
  type OutcomeCounter,
  type ScenarioResult,
} from './outcomes.ts';
import { print, printHeading, printNote, renderConversation } from './print.ts';
import { createZendeskSender, type ZendeskEvent } from './send-webhook.ts';

/** How soon a conversation has to be right after whatever happened to it. */
const linkDeadlineMs = 2000;

const maxConflictAttempts = 5;

const recordingUrl = 'https://recordings.example.com/RE1';

const recording = { type: 'VoiceRecording', url: recordingUrl };

const conversationSid = `CH${'2'.repeat(32)}`;

const transcript = { type: 'ChatTranscript', sid: conversationSid };

/** When a write is looked at again in this story, in seconds; the usual is 20 and 90. */
export const confirmAfterSeconds = [4, 8];

/**
 * Tells of a call that changes hands and of a chat, and of all that comes in between.
 * @throws Error when a door does not take what is sent, or not all settles within ten seconds.
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
  /** The calls of this story itself, which are none of the sync's. */
  let ownCalls = 0;

  const attributesOf = (taskSid: string): Promise<string> => {
    ownCalls += 1;
    return flexClient.attributesOf(taskSid);
  };
  const overwrite = async (taskSid: string, read: string, attributes: object): Promise<void> => {
    ownCalls += 1;
    await flexClient.overwrite(taskSid, read, attributes);
  };
  const waitUntilProcessed = (): Promise<void> =>
    outcomes.waitUntil('all messages settled', () => outcomes.done() === outcomes.accepted());
  const send = async (event: ZendeskEvent): Promise<void> => {
    await zendeskSender.send(event);
  };

  /** Waits until each segment shows what it should, for no longer than it may take. */
  const expectMedia = async (
    name: string,
    taskSid: string,
    segments: readonly Segment[],
    expected: readonly object[],
    timeoutMs = linkDeadlineMs,
  ): Promise<void> => {
    const since = performance.now();
    const readMedia = async () => {
      const text = await attributesOf(taskSid);
      const attributes = parseJson(text);
      const found = segments.map(({ sid }) =>
        isObject(attributes) ? effectiveMedia(mediaLists(attributes), sid) : [],
      );
      return { text, found };
    };
    const wanted = segments.map(() => expected);
    let current = await readMedia();
    while (!isDeepStrictEqual(current.found, wanted) && performance.now() - since < timeoutMs) {
      await delay(50);
      current = await readMedia();
    }
    const lagMs = performance.now() - since;
    if (timeoutMs === linkDeadlineMs) lags.push(lagMs);
    failures.push(...failedChecks([[`the media of the ${name}`, current.found, wanted]]));
    print(renderConversation(name, current.text, segments));
    printNote(`as it should be after ${(lagMs / 1000).toFixed(1)} s`);
  };

  printHeading('A call begins, and names its ticket. Ana takes it; no webhook has come');
  const call = await flexClient.createTask({
    zd_ticket_id: '5158',
    call_sid: `CA${'1'.repeat(32)}`,
    conversations: { hang_up_by: 'customer' },
  });
  const ana = await flexClient.accept(call, 'Ana');
  await expectMedia('call', call, [ana], [expectedLink('5158')]);

  printHeading('The ticket changes in Zendesk, which sends one webhook twice, then an older one');
  await send({ ticket: '5158', event: 'status_changed', at: startTime + 2000 });
  await waitUntilProcessed();
  await send({ ticket: '5158', event: 'status_changed', at: startTime + 2000 });
  await send({ ticket: '5158', event: 'priority_changed', at: startTime + 1000 });
  await waitUntilProcessed();
  printNote(
    `${outcomes.count('unchanged')} already so, ${outcomes.count('stale')} older than what the Task knows`,
  );

  printHeading('Ana hands the call to Ben: the ticket follows');
  const ofCall = [ana, await flexClient.transfer(call, 'Ben')];
  await expectMedia('call', call, ofCall, [expectedLink('5158')]);

  printHeading('The recording appears: it comes in, before the ticket');
  const before = await attributesOf(call);
  const conversations = { hang_up_by: 'customer', segment_link: recordingUrl };
  await overwrite(call, before, { conversations });
  await expectMedia('call', call, ofCall, [recording, expectedLink('5158')]);

  printHeading('A plugin writes back what it had read before all that, without a version');
  const { crm_media_sync: _, reservation_attributes: __, ...old } = JSON.parse(before);
  await overwrite(call, JSON.stringify({ ...old, conversations }), { disposition: 'refund' });
  await expectMedia('call', call, ofCall, [recording, expectedLink('5158')]);
  await waitUntilProcessed();

  printHeading('A second ticket names the call itself, while a plugin writes to the same Task');
  const earlier = await flexClient.stats();
  const countConflicts = async () => (await flexClient.stats()).conflicts - earlier.conflicts;
  await flexClient.changeSettings({ latencyMs: 200 });
  for (
    let attempt = 1;
    attempt <= maxConflictAttempts && (await countConflicts()) === 0;
    attempt += 1
  ) {
    const read = await attributesOf(call);
    const { calls } = await flexClient.stats();
    const fields = { external_id: call };
    await send({ ticket: '5160', event: 'created', at: startTime + 4000 + attempt, fields });
    await flexClient.waitForTaskRead(calls.fetchTask);
    await overwrite(call, read, { disposition: 'refund', turn: attempt });
    await waitUntilProcessed();
  }
  await flexClient.changeSettings({ latencyMs: 0 });
  await expectMedia('call', call, ofCall, [recording, expectedLink('5158'), expectedLink('5160')]);
  const conflictCount = await countConflicts();
  printNote(`${conflictCount} write refused with 412, read again and merged`);

  printHeading(
    'The call is over. The second ticket is deleted while the Task lives two minutes more',
  );
  await flexClient.complete(call);
  await send({ ticket: '5160', event: 'soft_deleted', at: startTime + 6000 });
  await expectMedia('call', call, ofCall, [recording, expectedLink('5158')]);

  printHeading('A chat that names no ticket, taken by Chloe; its ticket names the chat');
  const chat = await flexClient.createTask({ conversationSid });
  const chloe = await flexClient.accept(chat, 'Chloe');
  const ofChat = { ticket: '6001', fields: { external_id: conversationSid } };
  await send({ ...ofChat, event: 'created', at: startTime });
  await expectMedia('chat', chat, [chloe], [transcript, expectedLink('6001')]);
  await waitUntilProcessed();

  printHeading('TaskRouter answers 429, wait a second; the chat’s ticket changes meanwhile');
  await flexClient.changeSettings({ faultRate: 1, faults: ['429'], retryAfterSeconds: 1 });
  await send({ ...ofChat, event: 'status_changed', at: startTime + 5000 });
  await outcomes.waitUntil('a try is refused', () => outcomes.count('retry') > 0);
  await flexClient.changeSettings({ faultRate: 0 });
  await waitUntilProcessed();
  printNote(`${outcomes.count('retry')} try put off, then done`);

  printHeading('A plugin wipes the chat’s ticket, and nothing on the Task tells of it');
  await overwrite(chat, JSON.stringify({ conversationSid }), { disposition: 'solved' });
  print(renderConversation('chat', await attributesOf(chat), [chloe]));
  const [, lastSeconds = 0] = confirmAfterSeconds;
  await expectMedia(
    'chat',
    chat,
    [chloe],
    [transcript, expectedLink('6001')],
    (lastSeconds + 2) * 1000,
  );
  printNote(
    `what is written is looked at again, here after ${confirmAfterSeconds.join(' and ')} seconds`,
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
  const twilioCalls = countSyncCalls(calls) - ownCalls - completeCalls;
  print();
  printNote(
    `longest wait for an event or a webhook: ${(Math.max(...lags) / 1000).toFixed(1)} s; Twilio calls: ${twilioCalls}`,
  );
  return { failures, twilioCalls };
}

/** The call was completed once, by an update of its Task. */
const completeCalls = 1;

function expectedLink(id: string) {
  return {
    type: 'Referenced',
    url: `https://acme.zendesk.com/agent/tickets/${id}`,
    title: `Ticket ${id}`,
  };
}
