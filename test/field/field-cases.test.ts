import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { queueUrl } from '../pipeline/simulated-queue.ts';
import { startPipeline } from './pipeline.ts';
import { play, type Result, readCase } from './play.ts';

const link = (url: string) => ({ type: 'Referenced', url });
const zendesk = (id: number) => link(`https://acme.zendesk.com/agent/tickets/${id}`);
const hubspot = (id: number) => link(`https://app.hubspot.com/contacts/62515/record/0-5/${id}`);
const salesforce = (id: string) =>
  link(`https://acme.lightning.force.com/lightning/r/Case/${id}/view`);
const generic = (id: string) => link(`https://tickets.example.com/${id}`);
const recording = (url: string) => ({ type: 'VoiceRecording', url });
const chat = { type: 'ChatTranscript', sid: `CH${'ef'.repeat(16)}` };
const email = { type: 'EmailTranscript', conversation_sid: `CH${'ef'.repeat(16)}` };

const shows = (...items: object[]) => ({ shows: items });
const accepted = (...items: object[]) => ({ status: 202, shows: items });
const says = (status: Result['status'], text: string | RegExp, ...fields: string[]) => ({
  status,
  body: typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
  ...(fields.length > 0 && { log: { fields } }),
});

const dynamicsLink = link(
  'https://acme.crm.dynamics.com/main.aspx?pagetype=entityrecord&etn=incident&id=9f1c7a52-3b8e-ed11-81ad-000d3a5a54dc',
);
const dynamicsChat = { type: 'ChatTranscript', sid: `CH${'c'.repeat(32)}` };
const firstCase = salesforce('50025000009vJE9AAM');
const outboundCase = salesforce('500x000000003TRAAY');

/** What is right after each step of a case: the response, and what a supervisor sees on the segment. */
const right: Readonly<Record<string, readonly object[]>> = {
  '01-zendesk-integrator-trigger': [says(422, /trigger webhook sends .*schema/, 'type')],
  '03-zendesk-merge-number': [
    shows(recording('https://api.twilio.com/RE7001'), zendesk(7001)),
    accepted(recording('https://api.twilio.com/RE7001'), zendesk(7002)),
  ],
  // Only 4711.0 is an id.
  '04-ticket-id-undefined': Array.from({ length: 13 }, (_, index) =>
    index === 7 ? shows(zendesk(4711)) : shows(),
  ),
  '05-agent-picks-another-record': [
    shows(firstCase),
    shows(salesforce('5005f00000AbCdEAAV')),
    shows(),
    accepted(),
  ],
  '06-hubspot-one-event-short': [
    {
      ...says(422, 'portalId', '[1].portalId'),
      log: { accepted: 2, tickets: ['hubspot/329213149924', 'hubspot/2'] },
    },
  ],
  '08-hubspot-batch-324-kb': [
    shows(hubspot(5007)),
    { ...accepted(hubspot(5007)), log: { accepted: 100 } },
  ],
  '09-jira-description-288-kb': [
    shows(),
    accepted(link('https://acme.atlassian.net/browse/SUP-42')),
  ],
  '11-jira-automation-body': [
    says(400, 'These headers are missing: x-hub-signature'),
    says(422, /"field":"webhookEvent","problem":"(?!Invalid input)/, 'webhookEvent'),
  ],
  // The event in the other form is refused by name: it is never a removal.
  '14-salesforce-pubsub-form': [
    shows(),
    accepted(firstCase),
    {
      ...says(
        'dead event',
        /changedFields must name .* event relay to EventBridge, or remove sidF/,
      ),
      log: { fields: expect.arrayContaining([expect.stringContaining('changedFields')]) },
      shows: [firstCase],
    },
  ],
  '15-salesforce-by-appflow': [
    says(
      'dead event',
      /^Error: HttpError: .*payload must hold the event, as Salesforce's event relay/,
      'payload',
    ),
  ],
  '17-salesforce-outbound-null-omitted': [
    shows(),
    { ...says(200, '<Ack>true</Ack>'), shows: [outboundCase] },
    { ...says(200, '<Ack>true</Ack>'), shows: [] },
  ],
  '18-dynamics-sync-step-and-multiple': [
    shows(dynamicsChat),
    says(422, 'register the step as asynchronous', 'OperationCreatedOn'),
    says(200, '"ignored":1'),
    says(200, '"ignored":1'),
    accepted(dynamicsChat, dynamicsLink),
  ],
  '19-servicenow-own-rest-message': [
    says(
      422,
      'servicenow-record/1',
      ...['schema', 'operation', 'sys_mod_count', 'sys_updated_on', 'sid', 'previous_sid', 'body'],
    ),
    says(422, 'decimal integer', 'sys_mod_count'),
  ],
  '20-freshdesk-simple-webhook': [
    says(400, 'These headers are missing: webhook-id, webhook-timestamp, webhook-signature'),
  ],
  '21-callback-clone-with-our-ledger': [
    shows(recording('https://api.twilio.com/RE1'), zendesk(4711)),
    shows(recording('https://api.twilio.com/RE1'), zendesk(4711)),
    accepted(recording('https://api.twilio.com/RE1')),
    // Older news come late.
    accepted(recording('https://api.twilio.com/RE1')),
  ],
  '23-email-loses-its-transcript': [
    shows(email, generic('9002')),
    shows(email, generic('9002')),
    shows(email, generic('9003')),
  ],
  '24-php-empty-arrays': [shows(), accepted(generic('1'))],
  '26-chat-plugin-takes-channelsid': [
    shows(chat, generic('9001')),
    shows(chat, generic('9001')),
    shows(chat, generic('9001')),
  ],
  '27-virtual-segment-of-a-bot': [
    shows(),
    shows({ conversation_sid: chat.sid }),
    accepted({ conversation_sid: chat.sid }, generic('77')),
  ],
  '34-worker-leg-of-the-call': [shows(), accepted(generic('w1'))],
};

describe('a case from the field', () => {
  for (const [name, results] of Object.entries(right)) {
    it(name, async () => {
      const played = await play(readCase(name));
      expect(played.results).toMatchObject(results);
      const told = JSON.stringify([played.results, played.pipeline.log]);
      // Each PHI of a case or a fixture has a space: base64 has none.
      expect(told).not.toMatch(/PHI |INC0010001/);
    });
  }

  it('is played by a test, each of them', () => {
    const files = readdirSync(new URL('cases', import.meta.url));
    const played = [...Object.keys(right), ...direct].map((name) => `${name}.json`);
    expect(files.sort()).toEqual(played.sort());
  });
});

const callSid = `CA${'ab'.repeat(16)}`;

/** Cases that have a test of their own below. */
const direct = ['28-poison-beside-good', '31-event-streams-real', '32-twilio-shared-key'];

describe('05, a name on the Task', () => {
  const first = { task: { zd_ticket_id: '7199' }, accepted: true };
  const takenOut = { write: { zd_ticket_id: '<taken out>' } };
  const told = (data: object) => ({
    to: 'generic',
    body: { type: 'ticket.updated', timestamp: '<now, RFC 3339>', data: { id: '7300', ...data } },
  });
  const named = { task: { ticket_id: '7300', call_sid: callSid }, accepted: true };

  it.each([
    ['that changes', [first, { write: { zd_ticket_id: '7200' } }], shows(zendesk(7200))],
    ['that is taken away', [first, takenOut], shows()],
    [
      'whose ticket the CRM told of without a SID',
      [named, told({}), { write: { ticket_id: '7301' } }],
      shows(generic('7301')),
    ],
  ])('%s takes its link away', async (_, steps, last) => {
    expect((await play(steps)).results.at(-1)).toMatchObject(last);
  });

  it('that is taken away leaves the link of a ticket whose SID the CRM told', async () => {
    const steps = [named, told({ callSid }), { write: { ticket_id: '<taken out>' } }];
    expect((await play(steps)).results.at(-1)).toMatchObject(shows(generic('7300')));
  });
});

it('21: a clone that names no ticket has no link, and takes none from the first Task', async () => {
  const [original] = z.array(z.json()).parse(readCase('21-callback-clone-with-our-ledger'));
  const left = ['call_sid', 'reservation_attributes', 'conference', 'zd_ticket_id'];
  const { results, tasks, pipeline } = await play([original, { clone: left, accepted: true }]);
  const [first = ''] = tasks;
  expect(results.at(-1)).toMatchObject(shows(recording('https://api.twilio.com/RE1')));
  expect(await pipeline.shownOn(first)).toMatchObject([{}, zendesk(4711)]);
});

it('21, 27: the other Task loses its link with the deletion, the virtual one stays as it was', async () => {
  const clone = await play(readCase('21-callback-clone-with-our-ledger'));
  expect(await clone.pipeline.shownOn(clone.tasks[0] ?? '')).toMatchObject([
    recording('https://api.twilio.com/RE1'),
  ]);
  const bot = await play(readCase('27-virtual-segment-of-a-bot'));
  const [{ task }] = z
    .tuple([z.object({ task: z.json() })], z.json())
    .parse(readCase('27-virtual-segment-of-a-bot'));
  expect(await bot.pipeline.attributesOf(bot.tasks[0] ?? '')).toEqual(task);
});

it('28: messages of others become dead letters, unchanged, and the change beside them is linked', async () => {
  const pipeline = await startPipeline();
  const task = await pipeline.createTask({ call_sid: callSid }, true);
  const data = { id: '1', callSid };
  const timestamp = new Date(pipeline.now()).toISOString();
  await pipeline.send('generic', JSON.stringify({ type: 'ticket.updated', timestamp, data }));
  const poison = z.array(z.string()).parse(readCase('28-poison-beside-good'));
  const Entries = poison.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await pipeline.queue.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  await pipeline.drain();
  expect(await pipeline.shownOn(task)).toMatchObject([generic('1')]);
  expect(pipeline.queue.deadLetters).toEqual(poison);
  const rejected = pipeline.log.filter((line) => 'reason' in line);
  expect(rejected).toMatchObject(poison.map(() => ({ reason: 'invalid-message' })));
});

it('29: the runbook tells which destination a redrive by AWS needs, and what happens without it', async () => {
  const runbook = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  expect(runbook).toMatch(/Redrive to a\s+custom destination/);
  expect(runbook).toContain('CouldNotDetermineMessageSource');
});

const [test, wrapup, updated, batch] = z.array(z.json()).parse(readCase('31-event-streams-real'));
const headers = { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' };
const fields = ['[1].data.payload.task_sid'];
const nothing = { reconciles: 0, ticketsToLink: 0 };

it.each([
  ['a test event', test, {}, 204, nothing],
  ['schema 1 with attributes as text', wrapup, {}, 204, { reconciles: 1, ticketsToLink: 1 }],
  ['attributes as an object', updated, {}, 204, { reconciles: 1 }],
  ['a batch in which one event has no Task', batch, {}, 422, { reconciles: 1, fields }],
  ['the other content type', updated, { headers }, 204, { reconciles: 1 }],
  ['another body under a genuine signature', batch, { signedBody: '[]' }, 401, nothing],
  ['a URL without bodySHA256', batch, { isHashed: false }, 401, nothing],
])('31, requests of Event Streams %s', async (_, body, signing, status, log) => {
  const { postTaskEvents } = await startPipeline();
  expect(await postTaskEvents(JSON.stringify(body), signing)).toMatchObject({ status, log });
});

it('32: Twilio keeps events that a SharedKey signed, and the log says why', async () => {
  const Case = z.object({ events: z.json(), headers: z.record(z.string(), z.string()) });
  const { events, headers } = Case.parse(readCase('32-twilio-shared-key'));
  headers['x-twilio-signature'] = Buffer.alloc(32, 1).toString('base64');
  const { postTaskEvents } = await startPipeline();
  const { status, log } = await postTaskEvents(JSON.stringify(events), { headers });
  expect(status).toBe(429);
  expect(log).toMatchObject({ reasons: ['shared-key'] });
});
