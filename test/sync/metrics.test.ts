import { describe, expect, it } from 'vitest';
import { lagsOf } from '../../lambdas/sync/metrics.ts';
import { changeSince, handledOf, now, reconcileMessage } from './messages.ts';

const linked = { outcome: 'linked' } as const;

describe('how late a change came', () => {
  it('is told from the change in the CRM and from when we took it in', () => {
    const message = changeSince(5, { occurredAt: now - 60_000 });
    expect(lagsOf(handledOf({ message, outcome: linked }), now)).toEqual({
      LinkLag: 60_000,
      OwnLag: 5_000,
    });
  });

  it('counts all the time that it was tried in, as it stays the same message', () => {
    const message = changeSince(3600);
    const handled = { ...handledOf({ message, outcome: linked }), tries: 9 };
    expect(lagsOf(handled, now)).toEqual({ LinkLag: 3_600_000, OwnLag: 3_600_000 });
  });

  it('is told of one whose Task was gone, from the change in the CRM', () => {
    const message = changeSince(5, { occurredAt: now - 60_000 });
    const expired = handledOf({ message, outcome: { outcome: 'expired' } });
    expect(lagsOf(expired, now)).toEqual({ ExpiredLag: 60_000 });
  });

  it('is never less than nothing, whatever the clock of the CRM says', () => {
    const message = changeSince(0, { occurredAt: now + 60_000 });
    expect(lagsOf(handledOf({ message, outcome: linked }), now)).toEqual({ LinkLag: 0, OwnLag: 0 });
  });

  const waited = { message: changeSince(600), sentSeconds: 90 };
  it.each([
    ['waited for an agent: the copy that is linked was sent later', waited],
    [
      'waits for its Task to name it, and was put off',
      { message: changeSince(600, { fromTaskAttribute: true }) },
    ],
    [
      'was applied before, and is looked for again',
      { message: changeSince(20, { recheckRound: 1 }) },
    ],
    ['is of no ticket', { message: reconcileMessage('WT', { receivedAt: now }) }],
  ])('is not told of one that %s', (_, story) => {
    for (const outcome of ['linked', 'expired'] as const) {
      expect(lagsOf(handledOf({ ...story, outcome: { outcome } }), now)).toEqual({});
    }
  });

  it('is told of what reached a Task alone', () => {
    for (const outcome of ['waiting', 'unmatched', 'unchanged', 'stale', 'removed'] as const) {
      expect(lagsOf(handledOf({ outcome: { outcome } }), now)).toEqual({});
    }
  });
});
