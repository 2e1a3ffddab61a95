import { describe, expect, it } from 'vitest';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { targetsFor } from '../../shared/sync/targets.ts';
import type { MatchedTask } from '../../shared/taskrouter/match-tasks.ts';

const callSid = `CA${'a'.repeat(32)}`;
const attribute = { name: 'zd_ticket_id', value: '1' };
const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/1' } as const;

const change = (fields: Partial<TicketChange> = {}): TicketChange => ({
  ticket: 'zendesk/1',
  version: '10',
  link,
  correlation: { callSid, attribute },
  occurredAt: 1,
  ...fields,
});
const moved = change({ exclusive: true });
const left = change({ link: null });
const deleted = change({ link: null, exclusive: true });

const task = (fields: Partial<MatchedTask> = {}): MatchedTask => ({
  taskSid: 'WT1',
  matchedBy: 'correlation',
  hasTicketAttribute: false,
  ledgerEntry: undefined,
  status: undefined,
  ...fields,
});
const elsewhere = (fields: Partial<MatchedTask> = {}) =>
  task({
    taskSid: 'WT2',
    matchedBy: 'ledger',
    ledgerEntry: { version: 7n, urlHash: 'abcd' },
    ...fields,
  });

const stale = { outcome: { outcome: 'stale' } };
const at = (taskSid: string, applied: TicketChange) => ({ taskSid, change: applied });

describe('the targets of a change', () => {
  it('are the Tasks that it matches, each with its status', () => {
    const found = [
      task({ status: 'wrapping' }),
      task({ taskSid: 'WT3', hasTicketAttribute: true }),
    ];
    expect(targetsFor(change(), found)).toEqual({
      targets: [
        { ...at('WT1', change()), status: 'wrapping', hasTicketAttribute: false },
        { ...at('WT3', change()), status: undefined, hasTicketAttribute: true },
      ],
    });
    expect(targetsFor(change(), [])).toEqual({ targets: [] });
  });

  it('include the Tasks that the ticket has left, with a removal of one version before', () => {
    expect(targetsFor(moved, [task(), elsewhere()])).toMatchObject({
      targets: [at('WT1', moved), at('WT2', { ...moved, link: null, version: '9' })],
    });
  });

  it('have no version before 0', () => {
    const first = { ...moved, version: '0' };
    const found = [elsewhere({ ledgerEntry: { version: 0n, urlHash: 'abcd' } })];
    expect(targetsFor(first, found)).toMatchObject({ targets: [{ change: { version: '0' } }] });
  });

  it('do not include a Task matched by its ledger that has the attribute of the ticket', () => {
    expect(targetsFor(moved, [task(), elsewhere({ hasTicketAttribute: true })])).toMatchObject({
      targets: [at('WT1', moved)],
    });
  });

  it('are none if the ticket has moved on since', () => {
    const newer = { ledgerEntry: { version: 11n, urlHash: 'abcd' } };
    expect(targetsFor(moved, [task(), elsewhere(newer)])).toEqual(stale);
    // The Task has the attribute of the ticket, wherever the ticket has moved.
    expect(
      targetsFor(moved, [task(), elsewhere({ ...newer, hasTicketAttribute: true })]),
    ).toMatchObject({
      targets: [at('WT1', moved)],
    });
    // On the Task itself the rewrite compares versions.
    expect(targetsFor(moved, [task(newer)])).toMatchObject({ targets: [at('WT1', moved)] });
  });

  it('are none if the ticket has been removed from another Task since', () => {
    for (const version of [10n, 11n]) {
      const gone = { ledgerEntry: { version, urlHash: undefined } };
      expect(targetsFor(moved, [task(), elsewhere(gone)])).toEqual(stale);
      expect(targetsFor(moved, [task(), elsewhere({ ...gone, hasTicketAttribute: true })])).toEqual(
        stale,
      );
    }
  });

  it('are two if two events of one version name two conversations', () => {
    const same = { ledgerEntry: { version: 10n, urlHash: 'abcd' } };
    expect(targetsFor(moved, [task(), elsewhere(same)])).toMatchObject({
      targets: [at('WT1', moved), at('WT2', { ...moved, link: null, version: '9' })],
    });
  });

  it('include a Task whose ledger is not readable', () => {
    expect(targetsFor(moved, [elsewhere({ ledgerEntry: undefined })])).toMatchObject({
      targets: [{ taskSid: 'WT2' }],
    });
  });
});

describe('the targets of a removal', () => {
  it('are the Tasks that it matches', () => {
    expect(targetsFor(left, [task()])).toMatchObject({ targets: [at('WT1', left)] });
  });

  it('do not include a Task with the attribute of the ticket if a SID is matched', () => {
    expect(targetsFor(left, [task({ hasTicketAttribute: true })])).toEqual({ targets: [] });
    const byName = change({ link: null, correlation: { attribute } });
    expect(targetsFor(byName, [task({ hasTicketAttribute: true })])).toMatchObject({
      targets: [at('WT1', byName)],
    });
  });

  it('are all Tasks that match the ticket if it is deleted', () => {
    const found = [
      task({ hasTicketAttribute: true }),
      elsewhere(),
      elsewhere({ hasTicketAttribute: true }),
    ];
    expect(targetsFor(deleted, found)).toMatchObject({
      targets: [at('WT1', deleted), at('WT2', deleted), at('WT2', deleted)],
    });
  });

  it('do not depend on a newer version on another Task', () => {
    const newer = elsewhere({ ledgerEntry: { version: 11n, urlHash: 'abcd' } });
    expect(targetsFor(deleted, [task(), newer])).toMatchObject({
      targets: [at('WT1', deleted), at('WT2', deleted)],
    });
  });
});
