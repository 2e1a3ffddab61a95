import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../shared/crm/config.ts';
import { cleanTitle } from '../../shared/crm/link-rules.ts';
import { allowedHosts } from '../../shared/crm/link-settings.ts';
import type { NormalisedChange } from '../../shared/crm/source.ts';
import { ticketLink } from '../../shared/crm/ticket-link.ts';
import { toTicketChange } from '../../shared/crm/to-ticket-change.ts';
import { HttpError } from '../../shared/http/errors.ts';
import { Link } from '../../shared/messages/ticket-change.ts';
import { callSid, taskSid } from '../crm-change/webhook.ts';
import { anyCharacter, runs } from '../property-runs.ts';

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

/** A text of one word of each of these lists, joined. */
const oneOfEach = (...lists: string[]) =>
  fc
    .tuple(...lists.map((words) => fc.constantFrom(...words.split(' '))))
    .map((all) => all.join(''));

describe('the link of a ticket', () => {
  it("is the source's template", () => {
    const url = 'https://desk.example.com/tickets/4711?view=1';
    const link = { type: 'Referenced', url, title: 'Ticket 4711' };
    expect(ticketLink(change(), config())).toEqual(link);
    const embedded = config({ linkType: 'Embedded' });
    expect(ticketLink(change(), embedded)).toEqual({ ...link, type: 'Embedded' });
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
    'https://evil.example/desk.example.com',
    'https://sub.desk.example.com/',
    'https://dеsk.example.com/',
    'javascript:alert(1)//https://desk.example.com',
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
    const text = oneOfEach(
      'https:// https:// http:// //',
      ' user@ :secret@ evil.example\\.',
      'desk.example.com desk.example.com desk.example.com. evil-desk.example.com evil.example',
      ' :443 :8443 .evil.example @evil.example \\@evil.example',
    );
    const parts = fc.array(part, { maxLength: 8 }).map((some) => some.join(''));
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: text }, parts), (written) => {
        try {
          const { url } = ticketLink(change({ url: written }), config());
          const { origin, username, password } = new URL(url);
          expect([origin, username, password]).toEqual(['https://desk.example.com', '', '']);
        } catch (error) {
          if (!(error instanceof HttpError)) throw error;
        }
      }),
      { numRuns: runs(5) },
    );
  });

  it('is on a host of the source for any template that the config takes, and any id', () => {
    // ␣ stands for a space, ⇥ for a tab; the е in dеsk is Cyrillic.
    const template = oneOfEach(
      'https:// https: https:\\\\ https:/// ␣https:// http:// //',
      'desk.example.com DESK.eu dеsk.eu %64esk.eu 1.2 x@a.eu a.eu. [::1] localhost {id} ',
      '/ /a/ ?a= # :8443/  \\ : @ . %2f ⇥ /{id}',
      '{id}',
      ' / ?b .evil.example/ @evil.example/ :8443/ \\',
    ).map((text) => text.replace('␣', ' ').replace('⇥', '\t'));
    const hostile = '.evil.example @evil.example / \\ :1 .. %2e $& \ud800'.split(' ');
    const id = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9._~-]{1,64}$/),
      fc.constantFrom(...hostile),
      fc.string({ unit: anyCharacter }),
    );
    const good = fc.constantFrom(
      'https://desk.eu/{id}',
      'https://desk.eu?{id}#.',
      'https://a.b/.{id}',
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(template, good), id, (ticketUrl, ticketId) => {
        const source = SourceConfig.safeParse({ ...config(), ticketUrl });
        if (!source.success) return;
        taken += 1;
        const page = new URL(ticketLink(change({ id: ticketId }), source.data).url);
        const { protocol, hostname, port, username, password } = page;
        expect(allowedHosts(source.data)).toEqual([hostname]);
        expect([protocol, port]).toEqual(['https:', new URL(ticketUrl).port]);
        expect([username, password]).toEqual(['', '']);
      }),
      { numRuns: runs(5) },
    );
    expect(taken).toBeGreaterThan(0);
  });

  it('is none if a template that the config does not take comes here by another way', () => {
    const templates = 'https://desk.example.com{id} https://{id}.example.com/ https://a.eu/{id}';
    for (const ticketUrl of templates.split(' ')) {
      const source = { ...config(), allowedHosts: ['desk.example.com'], ticketUrl };
      expect(() => ticketLink(change(), source)).toThrow(/allowedHosts/);
    }
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
    expect(titled('  a\u0000b\r\n\tc\u2028d\u202ee  ', on)).toBe('a b c de');
    expect(titled('x'.repeat(300), on)).toBe('x'.repeat(100));
    expect(titled(' \u0007 ', on)).toBe('Ticket 4711');
    expect(titled('', on)).toBe('Ticket 4711');
  });

  /** Code points that show nothing, from each to each. */
  const hidden =
    'ad-ad 34f-34f 61c-61c 115f-1160 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f 2800-2800 3164-3164 d800-d801 dfff-dfff e000-e001 f8ff-f8ff fe00-fe0f feff-feff ffa0-ffa0 fff0-fffc ffff-ffff 13441-13442 1bca0-1bca3 1d159-1d159 1d173-1d17a e0000-e007f e0100-e01ef f0000-f0001 10ffff-10ffff'
      .split(' ')
      .map((range) => range.split('-').map((code) => Number.parseInt(code, 16)))
      .flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, at) => from + at))
      .map((code) => String.fromCodePoint(code));

  it('holds no character that shows nothing, and is the template if there is no other', () => {
    for (const one of hidden) {
      const clean = cleanTitle(`${one}a${one}b`).replace(' ', '');
      expect([one.codePointAt(0), clean]).toEqual([one.codePointAt(0), 'ab']);
    }
    const nothing = fc.constantFrom(...hidden, ' ', '\u3000', '\u0301', '\u20e3');
    fc.assert(
      fc.property(fc.array(nothing, { maxLength: 200 }), (characters) => {
        const title = characters.join('');
        expect(titled(title, { titleFromCrm: true })).toBe('Ticket 4711');
        expect(() => config({ title: title.slice(0, 100) })).toThrow(/can be read/);
      }),
    );
  });

  it.each([
    ['Persian and Sinhala, with their joiners', 'می‌خواهم ශ්‍රී', 'می‌خواهم ශ්‍රී'],
    ['Hindi, Hebrew and accents', 'क्‍ष שָׁלוֹם e\u0301', 'क्‍ष שָׁלוֹם e\u0301'],
    ['emoji of several characters', '👩🏽‍💻 ❤️ 1️⃣ 🇩🇪 🏳️‍🌈', '👩🏽‍💻 ❤️ 1️⃣ 🇩🇪 🏳️‍🌈'],
    ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', '🏴'],
    ['a name with a variation selector', '葛\u{e0100}城', '葛城'],
    ['joiners between Latin letters', 'a\u200db\u200cc', 'abc'],
    ['more joiners than one', 'می\u200c\u200c\u200dخ', 'می\u200cخ'],
    ['selectors that select nothing', 'a\ufe0f1\ufe0f2\ufe0e', 'a12'],
    ['a word with a soft hyphen', 'com\u00adputer', 'computer'],
  ])('keeps of %s what can be seen', (_what, title, clean) => {
    expect(cleanTitle(title)).toBe(clean);
  });

  it('is never cut through a character', () => {
    for (const character of ['😀', '👩🏽‍💻', '🇩🇪', 'e\u0301\u0302', 'क्‍ष', '1️⃣']) {
      const at = 100 - character.length;
      expect(cleanTitle('x'.repeat(at + 1) + character)).toBe('x'.repeat(at + 1));
      expect(cleanTitle('x'.repeat(at) + character)).toBe('x'.repeat(at) + character);
    }
    expect(cleanTitle(`x${'\u0301'.repeat(100)}`)).toBe('');
  });

  it('is read from the start of what the CRM sends, which can be megabytes', () => {
    expect(cleanTitle(`${'\u200b'.repeat(4000)}x`)).toBe('x');
    expect(cleanTitle(`${'\u200b'.repeat(5_000_000)}x`)).toBe('');
  });

  it('is one that Twilio and SQS take, and a person can read, for any input of the CRM', () => {
    const unit = fc.constantFrom('binary' as const, 'grapheme' as const);
    const text = unit.chain((each) => fc.string({ unit: each, maxLength: 200 }));
    const hostile = fc.array(fc.nat(0xffff), { maxLength: 200 });
    const raw = hostile.map((units) => String.fromCharCode(...units));
    const pieces =
      'a 1 # ی ක ් 👩 🏽 💻 🏳 🇩 🇪 \u20e3 \u200c \u200d \ufe0f \u200b \u0301 \u{e0067} \ud83d';
    const mixed = fc
      .array(fc.constantFrom(' ', ...pieces.split(' ')), { maxLength: 200 })
      .map((characters) => characters.join(''));
    fc.assert(
      fc.property(fc.oneof(text, raw, mixed), (title) => {
        const clean = cleanTitle(title);
        expect(clean).toBe(cleanTitle(clean));
        expect(clean.isWellFormed()).toBe(true);
        expect(clean.length).toBeLessThanOrEqual(100);
        // Controls, tags, bidi controls, what is no character.
        expect(clean).not.toMatch(/[\p{Cc}\p{Cn}\p{Co}\p{Bidi_Control}\u{e0000}-\u{e0fff}]/u);
        expect(clean).not.toMatch(/(\u200c|\u200d){2}|[a-z1]\ufe0f(?!\u20e3)/u);
        expect(clean).toMatch(/^$|^[\p{L}\p{N}\p{P}\p{S}]/u);
        if (clean !== '') expect(Link.shape.title.safeParse(clean).success).toBe(true);
      }),
      { numRuns: runs(2) },
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
      correlation: { callSid, replaces: 'desk/17', attribute: { name: 'ticket_id', value: '17' } },
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

  it('names no Task by its attribute for a ticket that leaves a conversation', () => {
    const left = { kind: 'removed', sids: { callSid } } as const;
    expect(changeOf(left, { taskAttribute })).toHaveProperty('correlation', { callSid });
  });

  it('is none if nothing links the ticket to a conversation', () => {
    expect(message({})).toEqual({
      kind: 'ignored',
      reason: 'no Twilio SID in the event, and the source has no taskAttribute',
    });
  });

  it('removes the link, even if nothing links the ticket to a conversation', () => {
    expect(changeOf({ kind: 'removed' })).toMatchObject({ link: null, correlation: {} });
    const deleted = { kind: 'removed', exclusive: true, url: 'https://evil.example/' } as const;
    const removal = changeOf(deleted, { taskAttribute });
    expect(removal).toMatchObject({ link: null, correlation: { attribute } });
  });
});

it.each<readonly [string, Record<string, unknown>]>([
  ['{id} twice', { ticketUrl: 'https://desk.example.com/{id}/{id}' }],
  ['a character that no link may hold', { ticketUrl: 'https://desk.example.com/é/{id}' }],
  ['more than a link may hold', { ticketUrl: `https://desk.example.com/${'x'.repeat(980)}{id}` }],
  ['a host in another notation', { ticketUrl: 'https://%61.eu/{id}' }],
  ['a ticketUrl that is no URL', { ticketUrl: 'desk.example.com/{id}', allowedHosts: ['a.b'] }],
  ['an option that is a typo', { linktype: 'Embedded' }],
])('the configuration of a source is refused with %s', (_what, changes) => {
  expect(() => config(changes)).toThrow();
});
