import pc from 'picocolors';
import type { Crm, DemoStep } from '../../fixtures/crm.ts';
import { loadCrms, readPayload } from '../../fixtures/load.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import { newSid } from '../taskrouter/sids.ts';
import { createFlexClient, type FlexClient, type Segment } from './flex.ts';
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
import { sendCrmPayload } from './send-webhook.ts';

/** SIDs of calls, Conversations and Tasks. */
const conversationSids = /\b(CA|CH|WT)[0-9a-f]{32}\b/g;

interface Conversation {
  task: string;
  segment: Segment;
}

/**
 * Sends the payloads of one source through the whole pipeline, with the CRM's signature. Shows and checks the
 * conversation after each payload.
 * @throws Error if a payload is not accepted or its messages are never processed
 */
export async function runSourceScenario(
  stack: LocalStackDescription,
  name: string,
  outcomes: OutcomeCounter,
): Promise<ScenarioResult> {
  const flexClient = createFlexClient(stack);
  const kind = stack.sources[name]?.kind ?? '';
  const crm = (await loadCrms()).get(kind);
  if (crm === undefined) throw new Error(`There is no CRM for ${name}`);
  const { story } = crm;
  await flexClient.reset();
  const ownSids = createSidMapping();
  let reads = 0;

  const conversations = new Map<string, Conversation>();
  for (const ticket of ticketIds(crm)) {
    conversations.set(ticket, await createConversation(flexClient, crm, ticket, ownSids));
  }
  const conversation = conversations.get(story.ticket);
  if (conversation === undefined) throw new Error(`The story of ${name} has no conversation`);
  const readAttributes = async (): Promise<string> => {
    reads += 1;
    return flexClient.attributesOf(conversation.task);
  };

  printHeading(`${name}: a call with ticket ${story.ticket}`);
  print(renderConversation('Call', await readAttributes(), [conversation.segment]));

  const failures: string[] = [];
  for (const step of story.steps) {
    const counts = () =>
      Object.fromEntries(
        Object.keys(step.outcomes).map((outcome) => [outcome, outcomes.count(outcome)]),
      );
    const [earlier, done] = [counts(), outcomes.done()];
    const expected = Object.values(step.outcomes).reduce((sum, count) => sum + count, 0);
    print();
    print(`  ${pc.green('›')} ${step.description} ${pc.dim(`(${step.file})`)}`);
    await sendCrmPayload(stack, name, crm, ownSids(readPayload(kind, step.file)));
    await outcomes.waitUntil(
      `${name}: ${expected} messages are processed after ${step.file}`,
      () => outcomes.done() - done >= expected && outcomes.done() === outcomes.accepted(),
    );
    const text = await readAttributes();
    print(renderConversation('Call', text, [conversation.segment]));
    const actualOutcomes = Object.fromEntries(
      Object.entries(counts()).map(([outcome, count]) => [
        outcome,
        count - (earlier[outcome] ?? 0),
      ]),
    );
    printNote(
      Object.entries(actualOutcomes)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(', '),
    );
    failures.push(
      ...failedChecks([
        [`the outcomes of ${name}'s ${step.file}`, actualOutcomes, step.outcomes],
        [
          `the media after ${name}'s ${step.file}`,
          segmentMedia(text, conversation.segment),
          expectedMedia(crm, step),
        ],
      ]),
    );
  }
  return { failures, twilioCalls: countSyncCalls((await flexClient.stats()).calls) - reads };
}

function recordingUrlOf(ticket: string) {
  return `https://recordings.example.com/${ticket}`;
}

/**
 * Replaces each SID in a payload by a new one. One mapping always gives the same new SID. The payloads of all CRMs
 * contain the same SIDs, so without this a late recheck of one scenario would find the Task of the next.
 */
function createSidMapping(): (payload: Buffer) => Buffer {
  const sids = new Map<string, string>();
  return (payload) =>
    Buffer.from(
      payload.toString('latin1').replaceAll(conversationSids, (sid, prefix: string) => {
        const ownSid = sids.get(sid) ?? newSid(prefix);
        sids.set(sid, ownSid);
        return ownSid;
      }),
      'latin1',
    );
}

/** Creates a call with a ticket. An agent has accepted the call. */
async function createConversation(
  flexClient: FlexClient,
  crm: Crm,
  ticket: string,
  ownSids: (payload: Buffer) => Buffer,
): Promise<Conversation> {
  const { story, settings } = crm;
  const task = await flexClient.createTask({
    [settings.taskAttribute]: ticket,
    ...(ticket === story.ticket &&
      story.callSid !== undefined && { call_sid: ownSids(Buffer.from(story.callSid)).toString() }),
    conversations: { segment_link: recordingUrlOf(ticket) },
  });
  return { task, segment: await flexClient.accept(task, 'Ana') };
}

/** The ids of the tickets in the payloads of the scenario. */
function ticketIds({ story, payloads }: Crm): string[] {
  const sent = new Set(story.steps.map(({ file: sends }) => sends));
  const ids = payloads
    .filter(({ file }) => sent.has(file))
    .flatMap(({ expected: gives }) =>
      gives.flatMap((finding) => ('id' in finding ? [finding.id] : [])),
    );
  return [...new Set([story.ticket, ...ids])];
}

function segmentMedia(text: string, { sid }: Segment): unknown {
  const attributes = parseJson(text);
  return isObject(attributes) ? effectiveMedia(mediaLists(attributes), sid) : [];
}

function expectedMedia({ settings, story }: Crm, { linked }: DemoStep): unknown {
  return [
    { type: 'VoiceRecording', url: recordingUrlOf(story.ticket) },
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
}
