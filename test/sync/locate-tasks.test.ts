import { describe, expect, it } from 'vitest';
import { findTargets } from '../../lambdas/sync/apply-batch.ts';
import type { Delivery } from '../../lambdas/sync/types.ts';
import { emptyLedger, ledgerAttribute, printLedger } from '../../shared/media/ledger.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { page, type Script, scripted, task } from '../taskrouter/scripted-server.ts';

const callSid = `CA${'a'.repeat(32)}`;
const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/1' } as const;

const delivery = (correlation: TicketChange['correlation'], fields: Partial<TicketChange> = {}) => {
  const change: TicketChange = {
    v: 1,
    kind: 'ticket-change',
    ticket: 'zendesk/1',
    version: '10',
    link,
    correlation,
    occurredAt: 1,
    receivedAt: 2,
    ...fields,
  };
  const attributes = {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
  };
  const record: Delivery['record'] = {
    messageId: 'm',
    receiptHandle: 'r',
    body: JSON.stringify(change),
    attributes,
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  };
  return { record, tries: 1, firstTriedAt: 0, change };
};

const knows = (version: bigint) => ({
  [ledgerAttribute]: printLedger({
    ...emptyLedger,
    fingerprint: 'AAAA',
    tickets: new Map([['zendesk/1', { version, urlHash: 'abcd' }]]),
  }),
});

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

const located = async (script: Script, deliveries: readonly Delivery[]) => {
  const { taskRouter, seen } = await scripted(script);
  const tally = { calls: 0 };
  const found = await findTargets({ taskRouter, logger: quiet }, deliveries, tally);
  expect(found.map(({ delivery }) => delivery)).toEqual(deliveries);
  expect(tally.calls).toBe(seen.length);
  return { found, seen };
};

const tasks =
  (all: Readonly<Record<string, unknown>>): Script =>
  () => ({
    body: page(
      'tasks',
      Object.entries(all).map(([sid, own]) => task(sid, own)),
    ),
  });

describe('locate', () => {
  it('gives what is to be applied at each Task, with its status, after one search', async () => {
    const moved = delivery({ callSid }, { exclusive: true });
    const still = delivery({ callSid });
    const script = tasks({ WT1: { call_sid: callSid }, WT2: knows(7n) });
    const { found, seen } = await located(script, [moved, still]);
    const { change } = moved;
    expect(found).toMatchObject([
      {
        targets: [
          { taskSid: 'WT1', change, status: 'assigned' },
          { taskSid: 'WT2', change: { ...change, link: null, version: '9' }, status: 'assigned' },
        ],
      },
      { targets: [{ taskSid: 'WT1', change: still.change }] },
    ]);
    expect(seen).toHaveLength(1);
  });

  it('visits nothing for a ticket that has moved on since', async () => {
    const moved = delivery({ callSid }, { exclusive: true });
    const { found } = await located(tasks({ WT1: { call_sid: callSid }, WT2: knows(11n) }), [
      moved,
    ]);
    expect(found).toEqual([{ delivery: moved, outcome: { outcome: 'stale' } }]);
  });

  it('gives a search that fails as the outcome of all that were sought', async () => {
    const both = [delivery({ callSid }), delivery({ callSid }, { link: null })];
    const { found, seen } = await located(() => ({ status: 503 }), both);
    const failed = { outcome: { outcome: 'retry', reason: 'taskrouter-unavailable' } };
    expect(found).toMatchObject([failed, failed]);
    expect(seen).toHaveLength(1);
  });

  it('hands on that a Task was about to go, where the search for it fails', async () => {
    const both = [delivery({ callSid }, { finishing: true }), delivery({ callSid })];
    const { found } = await located(() => ({ status: 503 }), both);
    const hurried = found.map((each) => 'outcome' in each && 'finishing' in each.outcome);
    expect(hurried).toEqual([true, false]);
  });

  it('spares the others where Twilio will not look for one', async () => {
    const odd = `CA${'0'.repeat(32)}`;
    const script: Script = (seen, response) =>
      seen.query.get('EvaluateTaskAttributes')?.includes(odd)
        ? { status: 400 }
        : tasks({ WT1: { call_sid: callSid } })(seen, response);
    const { found } = await located(script, [
      delivery({ callSid }),
      delivery({ callSid: odd }),
      delivery({ callSid }),
    ]);
    expect(found).toMatchObject([
      { targets: [{ taskSid: 'WT1' }] },
      { outcome: { outcome: 'rejected', reason: 'refused-by-twilio' } },
      { targets: [{ taskSid: 'WT1' }] },
    ]);
  });

  it('asks nothing where there is nothing to find', async () => {
    const { seen } = await located(() => ({ status: 500 }), []);
    expect(seen).toEqual([]);
  });
});
