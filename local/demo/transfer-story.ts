import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { effectiveMedia } from '../../shared/media/effective-media.ts';
import { isObject, parseJson } from '../../shared/media/json.ts';
import type { WorldDescription } from '../world-description.ts';
import { conversationView } from './conversation-view.ts';
import { flex, type Segment } from './flex.ts';
import type { Outcomes } from './outcomes.ts';
import { chapter, note, say } from './say.ts';
import { surprisesIn, syncCalls, type Told } from './told.ts';
import { type ZendeskEvent, zendesk } from './zendesk.ts';

/** How soon a conversation has to be right after whatever happened to it. */
const longestMs = 2000;
const collisionTries = 5;

const recordingUrl = 'https://recordings.example.com/RE1';
const recording = { type: 'VoiceRecording', url: recordingUrl };
const conversationSid = `CH${'2'.repeat(32)}`;
const transcript = { type: 'ChatTranscript', sid: conversationSid };
const link = (id: string) => ({
  type: 'Referenced',
  url: `https://acme.zendesk.com/agent/tickets/${id}`,
  title: `Ticket ${id}`,
});

/** When a write is looked at again in this story, in seconds; the usual is 20 and 90. */
export const confirmAfterSeconds = [4, 8];

/**
 * Tells of a call that changes hands and of a chat, and of all that comes in between.
 * @throws Error when a door does not take what is sent, or not all settles within ten seconds.
 */
export const tellOfTransfer = async (world: WorldDescription, heard: Outcomes): Promise<Told> => {
  const agents = flex(world);
  const crm = zendesk(world);
  const noon = Date.now() - 60_000;
  const surprises: string[] = [];
  const lags: number[] = [];
  /** The calls of this story itself, which are none of the sync's. */
  let own = 0;

  const attributesOf = (taskSid: string): Promise<string> => {
    own += 1;
    return agents.attributesOf(taskSid);
  };
  const overwrite = async (taskSid: string, read: string, attributes: object): Promise<void> => {
    own += 1;
    await agents.overwrite(taskSid, read, attributes);
  };
  const quiet = (): Promise<void> =>
    heard.until('all messages settled', () => heard.done() === heard.accepted());
  const send = async (event: ZendeskEvent): Promise<void> => {
    await crm.send(event);
  };

  /** Waits until each segment shows what it should, for no longer than it may take. */
  const shows = async (
    name: string,
    taskSid: string,
    segments: readonly Segment[],
    expected: readonly object[],
    patienceMs = longestMs,
  ): Promise<void> => {
    const since = performance.now();
    const look = async () => {
      const text = await attributesOf(taskSid);
      const attributes = parseJson(text);
      const found = segments.map(({ sid }) =>
        isObject(attributes) ? effectiveMedia(attributes, sid) : [],
      );
      return { text, found };
    };
    const wanted = segments.map(() => expected);
    let seen = await look();
    while (!isDeepStrictEqual(seen.found, wanted) && performance.now() - since < patienceMs) {
      await delay(50);
      seen = await look();
    }
    const lagMs = performance.now() - since;
    if (patienceMs === longestMs) lags.push(lagMs);
    surprises.push(...surprisesIn([[`the media of the ${name}`, seen.found, wanted]]));
    say(conversationView(name, seen.text, segments));
    note(`as it should be after ${(lagMs / 1000).toFixed(1)} s`);
  };

  chapter('A call begins, and names its ticket. Ana takes it; no webhook has come');
  const call = await agents.createTask({
    zd_ticket_id: '5158',
    call_sid: `CA${'1'.repeat(32)}`,
    conversations: { hang_up_by: 'customer' },
  });
  const ana = await agents.accept(call, 'Ana');
  await shows('call', call, [ana], [link('5158')]);

  chapter('The ticket changes in Zendesk, which sends one webhook twice, then an older one');
  await send({ ticket: '5158', event: 'status_changed', at: noon + 2000 });
  await quiet();
  await send({ ticket: '5158', event: 'status_changed', at: noon + 2000 });
  await send({ ticket: '5158', event: 'priority_changed', at: noon + 1000 });
  await quiet();
  note(`${heard.of('unchanged')} already so, ${heard.of('stale')} older than what the Task knows`);

  chapter('Ana hands the call to Ben: the ticket follows');
  const ofCall = [ana, await agents.transfer(call, 'Ben')];
  await shows('call', call, ofCall, [link('5158')]);

  chapter('The recording appears: it comes in, before the ticket');
  const before = await attributesOf(call);
  const conversations = { hang_up_by: 'customer', segment_link: recordingUrl };
  await overwrite(call, before, { conversations });
  await shows('call', call, ofCall, [recording, link('5158')]);

  chapter('A plugin writes back what it had read before all that, without a version');
  const { crm_media_sync: _, reservation_attributes: __, ...old } = JSON.parse(before);
  await overwrite(call, JSON.stringify({ ...old, conversations }), { disposition: 'refund' });
  await shows('call', call, ofCall, [recording, link('5158')]);
  await quiet();

  chapter('A second ticket names the call itself, while a plugin writes to the same Task');
  const earlier = await agents.stats();
  const collisions = async () => (await agents.stats()).conflicts - earlier.conflicts;
  await agents.disturb({ latencyMs: 200 });
  for (let turn = 1; turn <= collisionTries && (await collisions()) === 0; turn += 1) {
    const read = await attributesOf(call);
    const { calls } = await agents.stats();
    const fields = { external_id: call };
    await send({ ticket: '5160', event: 'created', at: noon + 4000 + turn, fields });
    await agents.readBegins(calls.fetchTask);
    await overwrite(call, read, { disposition: 'refund', turn });
    await quiet();
  }
  await agents.disturb({ latencyMs: 0 });
  await shows('call', call, ofCall, [recording, link('5158'), link('5160')]);
  const collided = await collisions();
  note(`${collided} write refused with 412, read again and merged`);

  chapter('The call is over. The second ticket is deleted while the Task lives two minutes more');
  await agents.complete(call);
  await send({ ticket: '5160', event: 'soft_deleted', at: noon + 6000 });
  await shows('call', call, ofCall, [recording, link('5158')]);

  chapter('A chat that names no ticket, taken by Chloe; its ticket names the chat');
  const chat = await agents.createTask({ conversationSid });
  const chloe = await agents.accept(chat, 'Chloe');
  const ofChat = { ticket: '6001', fields: { external_id: conversationSid } };
  await send({ ...ofChat, event: 'created', at: noon });
  await shows('chat', chat, [chloe], [transcript, link('6001')]);
  await quiet();

  chapter('TaskRouter answers 429, wait a second; the chat’s ticket changes meanwhile');
  await agents.disturb({ faultRate: 1, faults: ['429'], retryAfterSeconds: 1 });
  await send({ ...ofChat, event: 'status_changed', at: noon + 5000 });
  await heard.until('a try is refused', () => heard.of('retry') > 0);
  await agents.disturb({ faultRate: 0 });
  await quiet();
  note(`${heard.of('retry')} try put off, then done`);

  chapter('A plugin wipes the chat’s ticket, and nothing on the Task tells of it');
  await overwrite(chat, JSON.stringify({ conversationSid }), { disposition: 'solved' });
  say(conversationView('chat', await attributesOf(chat), [chloe]));
  const [, lastSeconds = 0] = confirmAfterSeconds;
  await shows('chat', chat, [chloe], [transcript, link('6001')], (lastSeconds + 2) * 1000);
  note(
    `what is written is looked at again, here after ${confirmAfterSeconds.join(' and ')} seconds`,
  );

  const callText = JSON.parse(await attributesOf(call));
  surprises.push(
    ...surprisesIn([
      ['the plugin’s attribute', callText.disposition, 'refund'],
      ['the call’s own data', callText.conversations, conversations],
      ['a collision', collided > 0, true],
      ['a stale webhook', heard.of('stale') > 0, true],
      ['a confirmation that restored', heard.of('restored') > 0, true],
    ]),
  );
  const { calls } = await agents.stats();
  const twilioCalls = syncCalls(calls) - own - completions;
  say();
  note(
    `longest wait for an event or a webhook: ${(Math.max(...lags) / 1000).toFixed(1)} s; Twilio calls: ${twilioCalls}`,
  );
  return { surprises, twilioCalls };
};

/** The call was completed once, by an update of its Task. */
const completions = 1;
