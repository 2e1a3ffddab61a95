import { type LookupFunction, Socket } from 'node:net';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchPageHeaders } from '../../../ops/doctor/pages/fetch-page.ts';
import { answering, WatchedAgent } from './local-agent.ts';
import { redirecting, servePages } from './page-server.ts';

const notPublic = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fd00::1',
  'fd00:ec2::254',
  'fe80::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
];
const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const spellings = ['127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1%2e', '①②⑦.0.0.1'];

describe('a page that doctor requests', () => {
  const request = (url: string) =>
    fetchPageHeaders(url, {
      allowedHosts: [new URL(url).hostname],
      agent: new RequestFilteringHttpsAgent(),
      timeoutMs: 10_000,
    });
  const watchConnect = () =>
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
      throw new Error('left this machine');
    });
  afterEach(() => vi.restoreAllMocks());

  it.each([...notPublic.map(inUrl), ...spellings])('never connects to %s', async (host) => {
    const connect = watchConnect();
    expect(await request(`https://${host}/tickets/4711`)).toEqual({
      unknownBecause: 'its address is private',
    });
    expect(connect).not.toHaveBeenCalled();
  });

  it('is requested at a name, as these tests would see', async () => {
    const connect = watchConnect();
    expect(await request('https://pages.test/')).toEqual({
      unknownBecause: 'there was no response',
    });
    expect(connect).toHaveBeenCalledOnce();
  });
});

describe('a name', () => {
  const requesting = async (...addresses: readonly string[]) => {
    const agent = new WatchedAgent({ lookup: answering(...addresses) });
    const answer = await fetchPageHeaders('https://pages.test/', {
      allowedHosts: ['pages.test'],
      agent,
      timeoutMs: 10_000,
    });
    return { answer, attempts: agent.attempts };
  };

  /** Serves pages at names that resolve to one address at first, and to another one afterwards. */
  const servingByTurns = async (first: string, later: string) => {
    let lookups = 0;
    const lookup: LookupFunction = (...question) => {
      lookups += 1;
      answering(lookups === 1 ? first : later)(...question);
    };
    const pages = await servePages(redirecting({ 'pages.test/moved': '/' }), {
      agentOptions: { lookup },
    });
    return { ...pages, lookups: () => lookups };
  };

  it.each([
    ...notPublic.map((address) => [address]),
    ['1.1.1.1', '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1'],
    ['1.1.1.1', '::1'],
    ['2606:4700::1111', '1.1.1.1', '169.254.169.254'],
  ])(
    'that resolves to a private address, if beside others, is not requested: %s',
    async (...all) => {
      expect(await requesting(...all)).toEqual({
        answer: { unknownBecause: 'its address is private' },
        attempts: [],
      });
    },
  );

  it('is looked up once for a connection, which goes to the checked address', async () => {
    const { page, agent, lookups } = await servingByTurns('127.0.0.1', '169.254.169.254');
    await page();
    expect(lookups()).toBe(1);
    expect(agent.attempts).toEqual(['127.0.0.1']);
  });

  it('is checked again at every redirect', async () => {
    const { unknownBecause, agent, seen } = await servingByTurns('127.0.0.1', '169.254.169.254');
    expect(await unknownBecause('https://pages.test/moved')).toBe('its address is private');
    expect(agent.attempts).toEqual(['127.0.0.1']);
    expect(seen).toHaveLength(1);
  });
});
