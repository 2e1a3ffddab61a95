import pc from 'picocolors';
import type { Crm, DemoStep } from '../../fixtures/crm.ts';
import { loadCrms, readPayload } from '../../fixtures/load.ts';
import { effectiveMedia } from '../../shared/media/effective-media.ts';
import { isObject, parseJson } from '../../shared/media/json.ts';
import type { WorldDescription } from '../world-description.ts';
import { conversationView } from './conversation-view.ts';
import { type Flex, flex, type Segment } from './flex.ts';
import type { Outcomes } from './outcomes.ts';
import { chapter, note, say } from './say.ts';
import { sendPayload } from './send-payload.ts';
import { surprisesIn, syncCalls, type Told } from './told.ts';

const recording = (ticket: string) => `https://recordings.example.com/${ticket}`;

interface Conversation {
  readonly task: string;
  readonly segment: Segment;
}

/** A call for a ticket, which an agent has taken. */
const conversationFor = async (agents: Flex, crm: Crm, ticket: string): Promise<Conversation> => {
  const { story, settings } = crm;
  const task = await agents.createTask({
    [settings.taskAttribute]: ticket,
    ...(ticket === story.ticket && story.callSid !== undefined && { call_sid: story.callSid }),
    conversations: { segment_link: recording(ticket) },
  });
  return { task, segment: await agents.accept(task, 'Ana') };
};

/** The tickets that the story's payloads speak of. */
const ticketsOf = ({ story, payloads }: Crm): string[] => {
  const sent = new Set(story.steps.map(({ file: sends }) => sends));
  const ids = payloads
    .filter(({ file }) => sent.has(file))
    .flatMap(({ expected: gives }) =>
      gives.flatMap((finding) => ('id' in finding ? [finding.id] : [])),
    );
  return [...new Set([story.ticket, ...ids])];
};

const mediaOf = (text: string, { sid }: Segment): unknown => {
  const attributes = parseJson(text);
  return isObject(attributes) ? effectiveMedia(attributes, sid) : [];
};

const expectedMedia = ({ settings, story }: Crm, { linked }: DemoStep): unknown => [
  { type: 'VoiceRecording', url: recording(story.ticket) },
  ...(linked
    ? [
        {
          type: 'Referenced',
          url: settings.ticketUrl.replace('{id}', encodeURIComponent(story.ticket)),
          title: `Ticket ${story.ticket}`,
        },
      ]
    : []),
];

/**
 * Tells the story of one source: its CRM's own payloads, signed as it signs, through the whole pipeline,
 * with the conversation after each of them.
 * @throws Error when the door does not take a payload, or not all settles within ten seconds.
 */
export const tellOfSource = async (
  world: WorldDescription,
  name: string,
  heard: Outcomes,
): Promise<Told> => {
  const agents = flex(world);
  const kind = world.sources[name]?.kind ?? '';
  const crm = (await loadCrms()).get(kind);
  if (crm === undefined) throw new Error(`there is no CRM for ${name}`);
  const { story } = crm;
  // Another story's calls may bear the same SIDs.
  await agents.reset();
  let reads = 0;

  const conversations = new Map<string, Conversation>();
  for (const ticket of ticketsOf(crm)) {
    conversations.set(ticket, await conversationFor(agents, crm, ticket));
  }
  const own = conversations.get(story.ticket);
  if (own === undefined) throw new Error(`${name} has no conversation`);
  const look = async (): Promise<string> => {
    reads += 1;
    return agents.attributesOf(own.task);
  };

  chapter(`${name}: a call whose ticket is ${story.ticket}`);
  say(conversationView('Call', await look(), [own.segment]));

  const surprises: string[] = [];
  for (const step of story.steps) {
    const counts = () =>
      Object.fromEntries(Object.keys(step.outcomes).map((outcome) => [outcome, heard.of(outcome)]));
    const [earlier, done] = [counts(), heard.done()];
    const expected = Object.values(step.outcomes).reduce((sum, count) => sum + count, 0);
    say();
    say(`  ${pc.green('›')} ${step.description} ${pc.dim(`(${step.file})`)}`);
    await sendPayload(world, name, crm, readPayload(kind, step.file));
    await heard.until(
      `${name}: ${expected} messages settle after ${step.file}`,
      () => heard.done() - done >= expected && heard.done() === heard.accepted(),
    );
    const text = await look();
    say(conversationView('Call', text, [own.segment]));
    const came = Object.fromEntries(
      Object.entries(counts()).map(([outcome, count]) => [
        outcome,
        count - (earlier[outcome] ?? 0),
      ]),
    );
    note(
      Object.entries(came)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(', '),
    );
    surprises.push(
      ...surprisesIn([
        [`the outcomes of ${name}'s ${step.file}`, came, step.outcomes],
        [
          `the media after ${name}'s ${step.file}`,
          mediaOf(text, own.segment),
          expectedMedia(crm, step),
        ],
      ]),
    );
  }
  return { surprises, twilioCalls: syncCalls((await agents.stats()).calls) - reads };
};
