import { describe, expect, it } from 'vitest';
import type { AskPage } from '../../../lambdas/crm-change/framing/ask-page.ts';
import {
  createFraming,
  type FramingDecision,
} from '../../../lambdas/crm-change/framing/framing.ts';
import { cases } from './page-headers.ts';
import { hosts, pageWith, redirecting, servePages, ticketUrl } from './page-server.ts';

const hour = 60 * 60 * 1000;
const framed = { headers: {}, wasRedirected: false };
const one = ['desk.example.com'];
const two = ['desk.example.com', 'eu.example.com'];
const ticket = 'https://desk.example.com/tickets/4711';

type Answer = Awaited<ReturnType<AskPage>>;

/** A framing whose clock stands still, and whose pages answer when they are told to. */
const asked = (...answers: readonly (Answer | Promise<Answer>)[]) => {
  const questions: { url: string; allowedHosts: readonly string[] }[] = [];
  const decisions: FramingDecision[] = [];
  const clock = { now: 1_800_000_000_000 };
  const { linkTypeOf } = createFraming({
    askPage: async (url, allowedHosts) => {
      questions.push({ url, allowedHosts });
      return answers[questions.length - 1] ?? framed;
    },
    now: () => clock.now,
    report: (decision) => decisions.push(decision),
  });
  return { linkTypeOf, questions, decisions, clock };
};

describe('a link of type auto', () => {
  it.each(cases)('to a page with $what is embedded: $framed', async ({ headers, framed }) => {
    const { askPage } = await servePages(pageWith(headers));
    const { linkTypeOf } = createFraming({ askPage, now: Date.now });
    expect(await linkTypeOf(ticketUrl, hosts)).toBe(framed ? 'Embedded' : 'Referenced');
  });

  it('to a page that sends us to a login page without a word is referenced', async () => {
    const { askPage } = await servePages(redirecting({ 'pages.test/tickets/1': '/login' }));
    const { linkTypeOf } = createFraming({ askPage, now: Date.now });
    expect(await linkTypeOf('https://pages.test/tickets/1', hosts)).toBe('Referenced');
  });

  it('to a page in doubt is referenced', async () => {
    const { linkTypeOf } = asked({ doubt: 'timed out' });
    expect(await linkTypeOf(ticket, one)).toBe('Referenced');
  });

  it.each([
    'https://other.example/tickets/4711',
    'http://desk.example.com/tickets/4711',
    'https://desk.example.com:8443/tickets/4711',
    'https://user@desk.example.com/tickets/4711',
    'tickets/4711',
  ])('to %s is referenced, unasked, and says nothing of the host', async (url) => {
    const { linkTypeOf, questions, decisions } = asked();
    expect(await linkTypeOf(url, one)).toBe('Referenced');
    expect(questions).toEqual([]);
    expect(decisions).toEqual([]);
    expect(await linkTypeOf(ticket, one)).toBe('Embedded');
  });
});

describe('an answer', () => {
  it.each<[string, Answer, string]>([
    ['a permission', framed, 'Embedded'],
    ['a refusal', { headers: { 'x-frame-options': ['DENY'] }, wasRedirected: false }, 'Referenced'],
    ['a doubt', { doubt: 'timed out' }, 'Referenced'],
  ])('that is %s stands for the host for an hour', async (_what, answer, linkType) => {
    const { linkTypeOf, questions, clock } = asked(answer);
    expect(await linkTypeOf(ticket, one)).toBe(linkType);
    clock.now += hour - 1;
    expect(await linkTypeOf('https://desk.example.com/tickets/4712', one)).toBe(linkType);
    expect(questions).toEqual([{ url: ticket, allowedHosts: one }]);
    clock.now += 1;
    expect(await linkTypeOf(ticket, one)).toBe('Embedded');
    expect(questions).toHaveLength(2);
  });

  it('gives way to a newer one', async () => {
    const { linkTypeOf, clock } = asked(framed, { doubt: 'timed out' });
    expect(await linkTypeOf(ticket, one)).toBe('Embedded');
    clock.now += hour;
    expect(await linkTypeOf(ticket, one)).toBe('Referenced');
    expect(await linkTypeOf(ticket, one)).toBe('Referenced');
  });

  it('stands for no other host, nor for other hosts to be sent to', async () => {
    const { linkTypeOf, questions } = asked({ doubt: 'timed out' });
    expect(await linkTypeOf(ticket, one)).toBe('Referenced');
    expect(await linkTypeOf(ticket, two)).toBe('Embedded');
    expect(await linkTypeOf('https://eu.example.com/tickets/4711', two)).toBe('Embedded');
    expect(questions).toHaveLength(3);
  });

  it('is shared by all who ask before it is there', async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const { linkTypeOf, questions } = asked(promise);
    const links = [ticket, ticket, 'https://desk.example.com/tickets/4712'].map((url) =>
      linkTypeOf(url, one),
    );
    resolve({ doubt: 'timed out' });
    expect(await Promise.all(links)).toEqual(['Referenced', 'Referenced', 'Referenced']);
    expect(questions).toHaveLength(1);
  });

  it('is reported once, by host and without the rest of the address', async () => {
    const refusal = { headers: { 'x-frame-options': ['DENY'] }, wasRedirected: false };
    const { linkTypeOf, decisions, clock } = asked(framed, refusal, { doubt: 'timed out' });
    for (const _hour of [1, 2, 3]) {
      await Promise.all([linkTypeOf(ticket, one), linkTypeOf(ticket, one)]);
      clock.now += hour;
    }
    const host = 'desk.example.com';
    expect(decisions).toEqual([
      { host, linkType: 'Embedded', reason: 'may be framed' },
      { host, linkType: 'Referenced', reason: 'may not be framed' },
      { host, linkType: 'Referenced', reason: 'timed out' },
    ]);
  });
});
