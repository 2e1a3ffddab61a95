import { describe, expect, it } from 'vitest';
import { TicketId, Version } from '../../shared/messages/ticket-change.ts';

describe('a version', () => {
  it.each(['0', '1', '9007199254740993', '19342813113834066795298815'])('may be %s', (version) => {
    expect(Version.safeParse(version).success).toBe(true);
  });

  it.each([
    '',
    'x',
    '-1',
    '1.0',
    '01',
    '19342813113834066795298816',
    '1'.repeat(27),
    '1'.repeat(300_000),
  ])('is rejected without an exception if it is not valid (%#)', (version) => {
    expect(Version.safeParse(version).success).toBe(false);
  });
});

describe('a ticket id', () => {
  it.each(['1', 'INC0010023', 'a.b', '...', '.a', '-'])('may be %s', (id) => {
    expect(TicketId.safeParse(id).success).toBe(true);
  });

  it.each(['', '.', '..', 'a/b', 'a b', 'é', 'a\n', 'x'.repeat(65)])('is not %j', (id) => {
    expect(TicketId.safeParse(id).success).toBe(false);
  });
});
