import { describe, expect, it } from 'vitest';
import { emptyLedger, ledgerAttribute, printLedger } from '../../shared/media/ledger.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { findTargets } from '../../shared/sync/targets.ts';
import type { ChangeDelivery } from '../../shared/sync/types.ts';
import { page, type Script, scripted, task } from '../taskrouter/scripted-server.ts';
import { deliveryOf, ticketChange } from './messages.ts';

const callSid = `CA${'a'.repeat(32)}`;
const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/1' } as const;

const delivery = (
  correlation: TicketChange['correlation'],
  fields: Partial<TicketChange> = {},
  meta: { finishing?: true } = {},
): ChangeDelivery => {
  const change = { ticket: 'zendesk/1', version: '10', link, occurredAt: 1, ...fields };
  const message = ticketChange(1, correlation, change, meta);
  return { ...deliveryOf(message), message };
};

const placed = (version: bigint) => ({
  ...{ version, urlHash: 'abcd', placement: { version, placed: true } },
  ...{ naming: undefined, alias: undefined, titleUnits: 0 },
});

const knows = (version: bigint) => ({
  [ledgerAttribute]: printLedger({
    ...emptyLedger,
    fingerprint: 'AAAA',
    tickets: new Map([['zendesk/1', placed(version)]]),
  }),
});

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

const find = async (script: Script, deliveries: readonly ChangeDelivery[]) => {
  const { taskRouter, seen } = await scripted(script);
  const counter = { calls: 0 };
  const found = await findTargets({ taskRouter, logger: quiet }, deliveries, counter);
  expect([...found.keys()]).toEqual(deliveries);
  expect(counter.calls).toBe(seen.length);
  return { found: [...found.values()], seen };
};

const tasks =
  (all: Readonly<Record<string, unknown>>): Script =>
  () => ({
    body: page(
      'tasks',
      Object.entries(all).map(([sid, own]) => task(sid, own)),
    ),
  });

describe('the search for the Tasks of a batch', () => {
  it('finds what to apply at each Task, with its status, in one request', async () => {
    const moved = delivery({ callSid }, { exclusive: true });
    const still = delivery({ callSid });
    const script = tasks({ WT1: { call_sid: callSid }, WT2: knows(7n) });
    const { found, seen } = await find(script, [moved, still]);
    expect(found).toMatchObject([
      {
        targets: [
          { taskSid: 'WT1', ticket: { link, placed: true }, status: 'assigned' },
          { taskSid: 'WT2', ticket: { version: '9', placed: false }, status: 'assigned' },
        ],
      },
      { targets: [{ taskSid: 'WT1', ticket: { link, placed: true } }] },
    ]);
    expect(seen).toHaveLength(1);
  });

  it('gives its error as the outcome of all its deliveries', async () => {
    const both = [delivery({ callSid }), delivery({ callSid }, { link: null })];
    const { found, seen } = await find(() => ({ status: 503 }), both);
    const failed = { outcome: { outcome: 'retry', reason: 'taskrouter-unavailable' } };
    expect(found).toMatchObject([failed, failed]);
    expect(seen).toHaveLength(1);
  });

  it('keeps a delivery urgent if the search fails', async () => {
    const both = [delivery({ callSid }, {}, { finishing: true }), delivery({ callSid })];
    const { found } = await find(() => ({ status: 503 }), both);
    const urgent = found.map((each) => 'outcome' in each && 'finishing' in each.outcome);
    expect(urgent).toEqual([true, false]);
  });

  it('affects no other delivery if Twilio rejects the value of one', async () => {
    const odd = `CA${'0'.repeat(32)}`;
    const script: Script = (seen, response) =>
      seen.query.get('EvaluateTaskAttributes')?.includes(odd)
        ? { status: 400 }
        : tasks({ WT1: { call_sid: callSid } })(seen, response);
    const { found } = await find(script, [
      delivery({ callSid }),
      delivery({ callSid: odd }),
      delivery({ callSid }),
    ]);
    expect(found).toMatchObject([
      { targets: [{ taskSid: 'WT1' }] },
      { outcome: { outcome: 'rejected', reason: 'twilio-bad-request' } },
      { targets: [{ taskSid: 'WT1' }] },
    ]);
  });
});
