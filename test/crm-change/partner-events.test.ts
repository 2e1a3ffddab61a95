import type { EventBridgeEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { loadCrms, readPayload } from '../../fixtures/load.ts';
import type { CrmRequestLog } from '../../lambdas/crm-change/log-request.ts';
import { handlePartnerEvent } from '../../lambdas/crm-change/partner-events.ts';
import { configureSources, Sources } from '../../shared/crm/config.ts';
import { sqsBatchResponse } from '../http/webhook.ts';
import { json } from './webhook.ts';

const crm = (await loadCrms()).get('salesforce');
if (crm?.transport !== 'event-bus') throw new Error('salesforce comes by an event bus');
const { settings, detailType, story } = crm;
const [first] = story.steps;

const event = (changes: Partial<EventBridgeEvent<string, unknown>> = {}) => ({
  version: '0',
  id: 'event-1',
  'detail-type': detailType,
  source: settings.partnerEventSource,
  account: '123456789012',
  time: '2026-11-23T09:30:00Z',
  region: 'eu-west-1',
  resources: [],
  detail: JSON.parse(readPayload('salesforce', first?.file ?? '').toString()),
  ...changes,
});

const open = (isUp = true) => {
  const bodies: string[] = [];
  const reports: CrmRequestLog[] = [];
  const options: Parameters<typeof handlePartnerEvent>[1] = {
    sources: configureSources(Sources.parse({ cases: { kind: 'salesforce', ...settings } })),
    queueUrlOf: () => 'https://sqs.example/changes',
    sqs: {
      send: async ({ input: { Entries = [] } }) => {
        if (!isUp) throw new TypeError('PHI fetch failed');
        bodies.push(...Entries.map(({ MessageBody = '' }) => MessageBody));
        return sqsBatchResponse(Entries);
      },
    },
    now: () => 5,
    sleep: async () => {},
    random: () => 0.5,
    log: (report) => {
      reports.push(report);
    },
  };
  const partnerEvents = (received: EventBridgeEvent<string, unknown>) =>
    handlePartnerEvent(received, options);
  return { partnerEvents, bodies, reports };
};

describe('an event of a partner bus', () => {
  it('is on the queue when the function is done', async () => {
    const { partnerEvents, bodies, reports } = open();
    await partnerEvents(event());
    expect(bodies.length).toBeGreaterThan(0);
    expect(json(bodies[0] ?? '')).toMatchObject({
      meta: { receivedAt: 5 },
      change: { ticket: `cases/${story.ticket}` },
    });
    expect(reports).toMatchObject([
      { requestId: 'event-1', source: 'cases', outcome: 'accepted', accepted: bodies.length },
    ]);
  });

  it('fails the function when SQS does not hold it, and says no more than that', async () => {
    const { partnerEvents, reports } = open(false);
    await expect(partnerEvents(event())).rejects.toThrow(
      /^Unavailable: SendMessageBatch failed, caused by TypeError$/,
    );
    expect(reports).toMatchObject([{ outcome: 'unavailable', source: 'cases' }]);
    expect(JSON.stringify(reports)).not.toMatch(/PHI/);
  });

  it('fails the function when it has not the shape of one, so that it is kept', async () => {
    const { partnerEvents, bodies, reports } = open();
    const detail = { payload: { ChangeEventHeader: 'PHI Jane' }, event: {} };
    await expect(partnerEvents(event({ detail }))).rejects.toThrow(/^HttpError: The body does not/);
    expect(bodies).toEqual([]);
    expect(reports).toMatchObject([{ outcome: 'invalid', fields: [expect.any(String)] }]);
    expect(JSON.stringify(reports)).not.toMatch(/PHI/);
  });

  it('that cannot be read in one place fails the function, once the rest is on the queue', async () => {
    const { partnerEvents, bodies, reports } = open();
    const { detail } = event();
    detail.payload.ChangeEventHeader.recordIds = [story.ticket, 'PHI Jane'];
    await expect(partnerEvents(event({ detail }))).rejects.toThrow(/^HttpError: The body does not/);
    expect(json(bodies[0] ?? '')).toMatchObject({ change: { ticket: `cases/${story.ticket}` } });
    expect(reports).toMatchObject([
      {
        outcome: 'invalid',
        accepted: bodies.length,
        tickets: [`cases/${story.ticket}`],
        fields: [expect.stringContaining('[1]')],
      },
    ]);
    expect(JSON.stringify(reports)).not.toMatch(/PHI/);
  });

  it('from an unknown source fails the function', async () => {
    const { partnerEvents, bodies } = open();
    const source = 'aws.partner/salesforce.com/other/other';
    await expect(partnerEvents(event({ source }))).rejects.toThrow(/partnerEventSource/);
    expect(bodies).toEqual([]);
  });

  it('of very many tickets is taken in whole, and a hundred of them are named', async () => {
    const { partnerEvents, bodies, reports } = open();
    const { detail } = event();
    const recordIds = Array.from(
      { length: 2500 },
      (_, index) => `500${String(index).padStart(12, '0')}`,
    );
    detail.payload.ChangeEventHeader.recordIds = recordIds;
    await partnerEvents(event({ detail }));
    const queued = new Set(bodies.map((body) => Object(json(body)['change']).ticket));
    expect(queued.size).toBe(recordIds.length);
    expect(reports[0]?.accepted).toBe(bodies.length);
    expect(reports[0]?.tickets).toHaveLength(100);
  });

  it('twice gives the same message twice', async () => {
    const { partnerEvents, bodies } = open();
    await partnerEvents(event());
    const once = [...bodies];
    await partnerEvents(event({ id: 'event-2' }));
    expect(bodies).toEqual([...once, ...once]);
  });
});
