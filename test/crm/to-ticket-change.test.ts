import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../shared/crm/config.ts';
import { cleanTitle } from '../../shared/crm/link-rules.ts';
import type { NormalisedChange } from '../../shared/crm/source.ts';
import { ticketLink } from '../../shared/crm/ticket-link.ts';
import { toTicketChange } from '../../shared/crm/to-ticket-change.ts';
import { HttpError } from '../../shared/http/errors.ts';
import { Link } from '../../shared/messages/link.ts';
import { callSid, taskSid } from '../crm-change/webhook.ts';

const config = (changes: Record<string, unknown> = {}) =>
  SourceConfig.parse({
    kind: 'standard-webhooks',
    ticketUrl: 'https://desk.example.com/tickets/{id}?view=1',
    secret: 'name',
    ...changes,
  });
const change = (changes: Partial<NormalisedChange> = {}): NormalisedChange => ({
  kind: 'present',
  id: '4711',
  version: '7',
  occurredAt: 1,
  sids: {},
  ...changes,
});

describe('the link of a ticket', () => {
  it("is the source's template", () => {
    expect(ticketLink(change(), config())).toEqual({
      type: 'Referenced',
      url: 'https://desk.example.com/tickets/4711?view=1',
      title: 'Ticket 4711',
    });
  });

  it('has the type that the source says', () => {
    const typeOf = (linkType: string) => ticketLink(change(), config({ linkType })).type;
    expect(typeOf('Embedded')).toBe('Embedded');
    expect(typeOf('Referenced')).toBe('Referenced');
  });

  const hosts = { allowedHosts: ['desk.example.com', 'eu.example.com'] };
  it.each([
    'https://desk.example.com/t/1',
    'https://eu.example.com/t/1?a=b#c',
    'https://DESK.example.com/T/1',
    'https://desk.example.com:443/t/1',
    'https://desk.example.com\\@other.example/',
  ])('may be the one that the CRM sends: %s', (url) => {
    expect(ticketLink(change({ url }), config(hosts)).url).toBe(new URL(url).href);
  });

  it.each([
    'http://desk.example.com/t/1',
    'https://evil.example/t/1',
    'https://desk.example.com.evil.example/',
    'https://evil.example/desk.example.com',
    'https://evil-desk.example.com/',
    'https://sub.desk.example.com/',
    'https://desk.example.com./t/1',
    'https://desk.example.com@evil.example/',
    'https://user@desk.example.com/',
    'https://:secret@desk.example.com/',
    'https://desk.example.com:8443/',
    'https://evil.example\\.desk.example.com/',
    'https://dеsk.example.com/',
    'javascript:alert(1)//https://desk.example.com',
    'data:text/html,x',
    '//desk.example.com/t/1',
    '/t/1',
    '',
    `https://desk.example.com/${'x'.repeat(1024)}`,
    'https://desk.example.com/a|b',
  ])('is not %j, which is refused by the name of the field and not quoted', (url) => {
    try {
      ticketLink(change({ url }), config());
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      expect(error.outcome).toBe('invalid');
      expect(error.problems.map(({ field }) => field)).toEqual(['url']);
      expect(error.problems[0]?.problem).toContain('https on desk.example.com');
      expect(JSON.stringify(error.problems)).not.toMatch(/evil|secret|alert/);
    }
  });

  it('is on a host of the source for any input of the CRM', () => {
    const part = fc.constantFrom('https:', '//', '/', '\\', '@', ':', '.', 'desk.example.com', 'x');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        try {
          const { url } = ticketLink(change({ url: parts.join('') }), config());
          const { origin, username, password } = new URL(url);
          expect([origin, username, password]).toEqual(['https://desk.example.com', '', '']);
        } catch (error) {
          if (!(error instanceof HttpError)) throw error;
        }
      }),
    );
  });
});

describe('the title of a link', () => {
  const titled = (title: string, changes: Record<string, unknown> = {}) =>
    ticketLink(change({ title }), config(changes)).title;

  it('is the template of the source, though the CRM sends one', () => {
    expect(titled('Jane Doe')).toBe('Ticket 4711');
    expect(titled('Jane Doe', { title: 'No. {id} ({id})' })).toBe('No. 4711 (4711)');
  });

  it("is the CRM's only if the source says so, cleaned and cut", () => {
    const on = { titleFromCrm: true };
    expect(titled('Printer on fire', on)).toBe('Printer on fire');
    expect(titled('  a\u0000b\r\n\tc\u2028d\u202ee  ', on)).toBe('a b c d e');
    expect(titled('x'.repeat(300), on)).toBe('x'.repeat(100));
    expect(titled(' \u0007 ', on)).toBe('Ticket 4711');
    expect(titled('', on)).toBe('Ticket 4711');
  });

  it('is never cut through a character', () => {
    expect(cleanTitle(`${'x'.repeat(99)}😀`)).toBe('x'.repeat(99));
    expect(cleanTitle(`${'x'.repeat(98)}😀`)).toBe(`${'x'.repeat(98)}😀`);
  });

  it('is one that Twilio and SQS take, for any input of the CRM', () => {
    const unit = fc.constantFrom('binary' as const, 'grapheme' as const);
    const text = unit.chain((each) => fc.string({ unit: each, maxLength: 200 }));
    const hostile = fc.array(fc.nat(0xffff), { maxLength: 200 });
    const raw = hostile.map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(fc.oneof(text, raw), (title) => {
        const clean = cleanTitle(title);
        expect(clean).toBe(cleanTitle(clean));
        expect(clean.isWellFormed()).toBe(true);
        expect(clean.length).toBeLessThanOrEqual(100);
        expect(clean).not.toMatch(/[\p{Cc}\ufffe\uffff\u202e]/u);
        if (clean !== '') expect(Link.shape.title.safeParse(clean).success).toBe(true);
      }),
    );
  });
});

describe('the message for a change', () => {
  const message = (changes: Partial<NormalisedChange>, source: Record<string, unknown> = {}) =>
    toTicketChange(change(changes), 'desk', config(source), { now: () => 5 });
  const changeOf = (...event: Parameters<typeof message>) => {
    const result = message(...event);
    return result.kind === 'ticket-change' ? result.change : undefined;
  };
  const taskAttribute = 'ticket_id';

  it('holds all that is needed to apply it', () => {
    expect(message({ sids: { taskSid } })).toEqual({
      v: 1,
      kind: 'ticket-change',
      meta: { receivedAt: 5 },
      change: {
        ticket: 'desk/4711',
        version: '7',
        link: ticketLink(change(), config()),
        correlation: { taskSid },
        occurredAt: 1,
      },
    });
  });

  const attribute = { name: 'ticket_id', value: '4711' };

  it('holds all the SIDs, and the attribute by which a Task names the ticket', () => {
    const sids = { callSid, taskSid };
    expect(changeOf({ sids }, { taskAttribute })).toMatchObject({
      correlation: { callSid, taskSid, attribute },
    });
    expect(changeOf({}, { taskAttribute })).toMatchObject({ correlation: { attribute } });
  });

  it('says whether the ticket is on no other conversation', () => {
    expect(changeOf({ sids: { callSid }, exclusive: true })).toMatchObject({ exclusive: true });
    expect(changeOf({ sids: { callSid } })).not.toHaveProperty('exclusive');
  });

  it('names the ticket that was merged away by its key, and by the id that the Tasks have', () => {
    const merged = { replaces: '17' };
    const ticket = 'desk/4711';
    expect(changeOf(merged)).toMatchObject({ ticket, correlation: { replaces: 'desk/17' } });
    expect(changeOf({ ...merged, sids: { callSid } }, { taskAttribute })).toMatchObject({
      ticket,
      correlation: {
        callSid,
        replaces: 'desk/17',
        attribute: { name: 'ticket_id', value: '17' },
      },
    });
  });

  it('removes the ticket from all conversations if it is on none any more', () => {
    const emptied = changeOf({ exclusive: true });
    expect(emptied).toMatchObject({ link: null, version: '6', correlation: {}, exclusive: true });
    expect(changeOf({ exclusive: true }, { taskAttribute })).toMatchObject({
      link: { type: 'Referenced' },
      version: '7',
      correlation: { attribute },
      exclusive: true,
    });
    expect(changeOf({ exclusive: true, version: '0' })).toMatchObject({ version: '0' });
  });

  it('keeps the link on a Task that names the ticket only if the ticket has moved on', () => {
    const left = { kind: 'removed', sids: { callSid } } as const;
    expect(changeOf({ ...left, moved: true }, { taskAttribute })).toMatchObject({
      correlation: { callSid, attribute },
    });
    const takenOff = changeOf(left, { taskAttribute });
    expect(takenOff).toHaveProperty('correlation', { callSid });
  });

  it('is none if nothing links the ticket to a conversation', () => {
    expect(message({})).toEqual({
      kind: 'ignored',
      reason: 'no Twilio SID in the event, and the source has no taskAttribute',
    });
  });

  it('removes the link, even if nothing links the ticket to a conversation', () => {
    expect(changeOf({ kind: 'removed' })).toMatchObject({ link: null, correlation: {} });
    const removal = changeOf({ kind: 'removed', url: 'https://evil.example/' }, { taskAttribute });
    expect(removal).toMatchObject({ link: null, correlation: { attribute } });
  });
});

describe('the configuration of a source', () => {
  it.each([
    ['no {id}', { ticketUrl: 'https://desk.example.com/' }],
    ['{id} twice', { ticketUrl: 'https://desk.example.com/{id}/{id}' }],
    ['{id} as its host', { ticketUrl: 'https://{id}/' }],
    ['another scheme', { ticketUrl: 'http://desk.example.com/{id}' }],
    ['a user name', { ticketUrl: 'https://user@desk.example.com/{id}' }],
    ['a password', { ticketUrl: 'https://:x@desk.example.com/{id}' }],
    ['a character that no link may hold', { ticketUrl: 'https://desk.example.com/é/{id}' }],
    ['more than a link may hold', { ticketUrl: `https://desk.example.com/${'x'.repeat(980)}{id}` }],
    ['hosts without its own', { allowedHosts: ['other.example'] }],
    ['a title in which nothing can be read', { title: ' \u202e ' }],
    ['a ticketUrl that is no URL', { ticketUrl: 'desk.example.com/{id}', allowedHosts: ['a.b'] }],
    ['an option that is a typo', { linktype: 'Embedded' }],
    ['a link type that there is not', { linkType: 'auto' }],
  ])('is refused with %s', (_what, changes) => {
    expect(() => config(changes)).toThrow();
  });
});
