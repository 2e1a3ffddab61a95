import { describe, expect, it } from 'vitest';
import type { LedgerEntry, Placement } from '../../shared/media/ledger-entry.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { targetsFor } from '../../shared/sync/targets.ts';
import type { MatchedTask } from '../../shared/taskrouter/find-tasks.ts';

const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/1' } as const;
const replaces = 'zendesk/9';

const change = (fields: Partial<TicketChange> = {}): TicketChange => ({
  ticket: 'zendesk/1',
  version: '10',
  link,
  correlation: {},
  occurredAt: 1,
  ...fields,
});
const moved = change({ exclusive: true });
const first = { ...moved, version: '0' };
const left = change({ link: null });
const deleted = change({ link: null, exclusive: true });
const merged = change({ exclusive: true, correlation: { replaces } });

const task = (
  matchedBy: MatchedTask['matchedBy'],
  entry?: Partial<LedgerEntry>,
  taskSid = 'WT1',
): MatchedTask => ({
  taskSid,
  matchedBy,
  ledgerEntry: entry && {
    ...{ version: 7n, urlHash: 'abcd', placement: undefined, naming: undefined, alias: undefined },
    titleUnits: 0,
    ...entry,
  },
  status: 'wrapping',
});
const here = task('sid');
const naming = task('attribute');
const newer = { placement: { version: 11n, placed: true } };
/** Another Task, whose ledger has the ticket: placed there or not, at a version. */
const there = (version: bigint, placed = true) =>
  task('ledger', { placement: { version, placed } }, 'WT2');
const thereNamed = (placement?: Placement) => task('ledger', { naming: 'named', placement }, 'WT2');
const unreadable = task('ledger', undefined, 'WT2');

const linked = { version: '10', link };
const placedHere = { ...linked, placed: true };
const nowhere = { ...linked, placed: false };
const hasLeft = { version: '9', placed: false };
const isGone = { version: '10', link: null, placed: false };

describe('what a change says of its ticket', () => {
  it.each<[string, TicketChange, MatchedTask[], Record<string, object>]>([
    ['nothing without a Task', change(), [], {}],
    ['by a SID: placed there', change(), [here], { WT1: placedHere }],
    ['by the attribute: only its link', change(), [naming], { WT1: linked }],
    ['by the attribute, exclusive: placed nowhere', moved, [naming], { WT1: nowhere }],
    ['by what was merged', merged, [task('replaces')], { WT1: { ...nowhere, replaces } }],
    ['by the ledger: has left', moved, [here, there(7n)], { WT1: placedHere, WT2: hasLeft }],
    ['the same if found nowhere else', moved, [thereNamed()], { WT2: hasLeft }],
    ['the same if the ledger is not readable', moved, [unreadable], { WT2: hasLeft }],
    ['no version before 0', first, [there(0n)], { WT2: { version: '0', placed: false } }],
    ['nothing if not placed', moved, [here, thereNamed(), there(7n, false)], { WT1: placedHere }],
    ['two of one version', moved, [here, there(10n)], { WT1: placedHere, WT2: hasLeft }],
    ['by a SID, whatever its ledger has', moved, [task('sid', newer)], { WT1: placedHere }],
    ['removed by a SID: has left', left, [here], { WT1: { version: '10', placed: false } }],
    ['removed by the attribute: gone', left, [naming], { WT1: isGone }],
    ['deleted: gone everywhere', deleted, [here, there(11n)], { WT1: isGone, WT2: isGone }],
  ])('is: %s', (_, applied, matched, expected) => {
    expect(targetsFor(applied, matched)).toEqual({
      targets: Object.entries(expected).map(([taskSid, known]) => ({
        taskSid,
        ticket: { ticket: 'zendesk/1', ...known },
        status: 'wrapping',
      })),
    });
  });

  it.each([
    ['has moved on since', there(12n), '11'],
    ['was taken away at the same version', there(10n, false), '10'],
    ['was taken away since, and is named', thereNamed({ version: 11n, placed: false }), '11'],
  ])('is that it has left the conversation of its SID if it %s', (_, other, placedVersion) => {
    const ticket = { ticket: 'zendesk/1', ...linked, placed: false, placedVersion };
    expect(targetsFor(moved, [here, other])).toEqual({
      targets: [{ taskSid: 'WT1', ticket, status: 'wrapping' }],
      superseded: true,
    });
    expect(targetsFor(moved, [naming, other])).toEqual({ targets: [], superseded: true });
  });
});
