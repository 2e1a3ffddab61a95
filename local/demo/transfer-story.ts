import { effectiveMedia } from '../../shared/media/effective-media.ts';
import { isObject, parseJson } from '../../shared/media/json.ts';
import type { WorldDescription } from '../world-description.ts';
import { conversationView } from './conversation-view.ts';
import { flex, type Segment } from './flex.ts';
import type { Outcomes } from './outcomes.ts';
import { chapter, note, say } from './say.ts';
import { surprisesIn, syncCalls, type Told } from './told.ts';
import { type ZendeskEvent, zendesk } from './zendesk.ts';

const recording = 'https://recordings.example.com/RE1';
const link = (id: string) => ({
  type: 'Referenced',
  url: `https://acme.zendesk.com/agent/tickets/${id}`,
  title: `Ticket ${id}`,
});

/**
 * Tells of a call with a transfer and a chat, and of everything that comes in between.
 * @throws Error when the door does not take a webhook, or not all settles within ten seconds.
 */
export const tellOfTransfer = async (world: WorldDescription, heard: Outcomes): Promise<Told> => {
  const agents = flex(world);
  const crm = zendesk(world);
  const noon = Date.now() - 60_000;
  let reads = 0;

  let accepted = 0;
  const send = async (event: ZendeskEvent): Promise<void> => {
    accepted += await crm.send(event);
  };
  const settle = (): Promise<void> =>
    heard.until('all changes settled', () => heard.settled() === accepted);
  const attributesOf = (taskSid: string): Promise<string> => {
    reads += 1;
    return agents.attributesOf(taskSid);
  };

  const call = await agents.createTask({
    zd_ticket_id: '5158',
    call_sid: `CA${'1'.repeat(32)}`,
    conversations: { segment_link: recording, hang_up_by: 'customer' },
  });
  const chat = await agents.createTask({
    zd_ticket_id: '6001',
    conversationSid: `CH${'2'.repeat(32)}`,
  });
  const ana = await agents.accept(call, 'Ana');
  const chloe = await agents.accept(chat, 'Chloe');
  const ofCall: Segment[] = [ana];
  const look = async (): Promise<void> => {
    say(conversationView('Call', await attributesOf(call), ofCall));
    say(conversationView('Chat', await attributesOf(chat), [chloe]));
  };

  chapter('A call and a chat, as a supervisor finds them in Flex Insights');
  await look();

  chapter('Their tickets change in Zendesk, which sends one webhook twice');
  await send({ ticket: '5158', event: 'status_changed', at: noon + 2000 });
  await send({ ticket: '5158', event: 'status_changed', at: noon + 2000 });
  await send({ ticket: '6001', event: 'created', at: noon });
  await settle();
  await look();
  note(`${heard.of('linked')} linked, ${heard.of('unchanged')} already so`);

  chapter('Ana hands the call to Ben; the ticket follows. An older webhook arrives late');
  await agents.wrapUp(call, ana);
  ofCall.push(await agents.accept(call, 'Ben'));
  await send({ ticket: '5158', event: 'agent_assignment_changed', at: noon + 3000 });
  await settle();
  await send({ ticket: '5158', event: 'priority_changed', at: noon + 1000 });
  await settle();
  await look();
  note(`${heard.of('stale')} older than what the Task knows: left alone`);

  chapter('A second ticket names the call itself, while a plugin writes to the same Task');
  const read = await attributesOf(call);
  await agents.disturb({ latencyMs: 200 });
  const { calls, conflicts } = await agents.stats();
  await send({
    ticket: '5160',
    event: 'created',
    at: noon + 4000,
    fields: { external_id: call },
  });
  await agents.readBegins(calls.fetchTask);
  await agents.overwrite(call, read, { disposition: 'refund' });
  await settle();
  await agents.disturb({ latencyMs: 0 });
  await look();
  const collisions = (await agents.stats()).conflicts - conflicts;
  note(`${collisions} write refused with 412, read again and merged`);

  chapter('TaskRouter answers 429, wait a second; the chat’s ticket changes meanwhile');
  await agents.disturb({ faultRate: 1, faults: ['429'], retryAfterSeconds: 1 });
  await send({ ticket: '6001', event: 'status_changed', at: noon + 5000 });
  await heard.until('a try is refused', () => heard.of('retry') > 0);
  await agents.disturb({ faultRate: 0 });
  await settle();
  note(`${heard.of('retry')} try put off, then linked`);

  chapter('The second ticket is deleted');
  await send({ ticket: '5160', event: 'soft_deleted', at: noon + 6000 });
  await settle();
  await look();

  const [callText, chatText] = [await attributesOf(call), await attributesOf(chat)];
  const shown = (text: string, { sid }: Segment) => {
    const attributes = parseJson(text);
    return isObject(attributes) ? effectiveMedia(attributes, sid) : [];
  };
  const callMedia = [{ type: 'VoiceRecording', url: recording }, link('5158')];
  const chatMedia = [{ type: 'ChatTranscript', sid: `CH${'2'.repeat(32)}` }, link('6001')];
  const { disposition, conversations } = JSON.parse(callText);
  const surprises = surprisesIn([
    ...ofCall.map((segment): [string, unknown, unknown] => [
      `the media of ${segment.worker}'s part of the call`,
      shown(callText, segment),
      callMedia,
    ]),
    ['the media of the chat', shown(chatText, chloe), chatMedia],
    ['the plugin’s attribute', disposition, 'refund'],
    ['the call’s own data', conversations, { segment_link: recording, hang_up_by: 'customer' }],
    ['the number of collisions', collisions, 1],
    ['the outcomes', [heard.of('unchanged'), heard.of('stale'), heard.of('removed')], [1, 1, 1]],
  ]);
  const { calls: all } = await agents.stats();
  const oneOverwrite = 1;
  return { surprises, twilioCalls: syncCalls(all) - reads - oneOverwrite };
};
