import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsFraming, frameAncestors, sourceMatches } from '../../../ops/doctor/pages/framing.ts';

const flex = 'https://flex.twilio.com';
const optionHeader = 'x-frame-options';
const policyHeader = 'content-security-policy';
const reportHeader = 'content-security-policy-report-only';

const framed = (
  headers: Readonly<Record<string, readonly string[]>>,
  wasRedirected = false,
): boolean => allowsFraming({ headers, wasRedirected });
const framedWith = (...policies: readonly string[]): boolean =>
  framed({ [policyHeader]: policies });

describe('a page', () => {
  it('without a policy and an option may be framed', () => {
    expect(framed({})).toBe(true);
  });

  it.each([
    ['DENY'],
    ['SAMEORIGIN'],
    ['sameorigin'],
    [`ALLOW-FROM ${flex}`],
    ['ALLOWALL'],
    [''],
    ['ALLOWALL', 'DENY'],
    ['ALLOWALL, SAMEORIGIN'],
  ])('may not be framed with any X-Frame-Options: %j', (...values) => {
    expect(framed({ [optionHeader]: values })).toBe(false);
  });

  it.each<[boolean, string, string]>([
    [false, "default-src 'self'", 'SAMEORIGIN'],
    [true, `frame-ancestors 'self' ${flex}`, 'SAMEORIGIN'],
    [false, "frame-ancestors 'self'", 'ALLOWALL'],
  ])(
    'may be framed (%s) with the policy %j: the option %j does not count',
    (isFramed, policy, option) => {
      expect(framed({ [policyHeader]: [policy], [optionHeader]: [option] })).toBe(isFramed);
    },
  );

  it('a policy that only reports does not decide', () => {
    expect(framed({ [reportHeader]: ["frame-ancestors 'none'"] })).toBe(true);
    const reported = { [reportHeader]: [`frame-ancestors ${flex}`] };
    expect(framed({ ...reported, [optionHeader]: ['SAMEORIGIN'] })).toBe(false);
  });

  it.each<[boolean, ...string[]]>([
    [true, "default-src 'none'; frame-src 'none'"],
    [true, ''],
    [true, "frame-ancestors-none 'none'"],
    [true, "script-src frame-ancestors 'none'"],
    [
      true,
      `default-src 'self' data:; object-src 'none' ;  Frame-Ancestors\t${flex}  ; report-uri /r`,
    ],
    [false, "frame-ancestors 'none'; frame-ancestors *"],
    [true, "frame-ancestors *; FRAME-ANCESTORS 'none'"],
    [false, 'frame-ancestors'],
    [false, `frame-ancestors ${flex} https://\u00e9.example`],
    [true, "default-src 'self'", 'frame-ancestors *'],
  ])('may be framed (%s) with the policies %j', (isFramed, ...policies) => {
    expect(framedWith(...policies)).toBe(isFramed);
  });

  it('after a redirect may be framed only if its policy says so', () => {
    expect(framed({}, true)).toBe(false);
    expect(framed({ [policyHeader]: [`frame-ancestors ${flex}`] }, true)).toBe(true);
    expect(framed({ [policyHeader]: ["default-src 'self'"] }, true)).toBe(false);
  });

  it('may be framed if each of its policies allows it, and a comma separates policies too', () => {
    const directives = ['frame-ancestors', 'FRAME-ancestors', "'none'", "'self'", '*', 'https:'];
    const words = [...directives, ';', ',', ' ', '\t', flex, '*.twilio.com', 'é'];
    const text = fc.array(fc.constantFrom(...words)).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), text, (values, more) => {
        const withMore = framedWith(...values, more);
        expect(withMore).toBe(framedWith(more) && framedWith(...values));
        expect(framedWith([...values, more].join(','))).toBe(withMore);
      }),
    );
  });
});

describe('the sources of a policy', () => {
  const allows = (sources: string) => framedWith(`frame-ancestors ${sources}`);

  it.each([
    ...['*', 'https:', 'HTTPS:', 'http:'],
    `'self' ${flex}`,
    `'self' https://*.powerapps.com ${flex}`,
    `'none' ${flex}`,
    `${flex} https://*.twilio.com`,
    `${flex};`,
  ])('allow Flex: %s', (sources) => {
    expect(allows(sources)).toBe(true);
  });

  it.each([
    ...['wss:', 'data:', 'https', "'none'", "'self'", 'self', `"${flex}"`],
    "'self' https://*.powerapps.com",
    `'unsafe-inline' 'nonce-abc' '${flex}'`,
  ])('do not allow Flex: %s', (sources) => {
    expect(allows(sources)).toBe(false);
  });

  it('allow a host if each part of them does: scheme, host, port and path', () => {
    const schemes = parts(
      ['', 'https://', 'HTTPS://', 'http://'],
      ['wss://', '*://', '//', 'https:/', 'https://user@'],
    );
    const hosts = parts(
      ['flex.twilio.com', 'FLEX.Twilio.COM', '*', '*.twilio.com', '*.com'],
      [
        ...['flex-twilio.com', 'flexxtwilio.com', 'evilflex.twilio.com', '*.xtwilio.com'],
        ...['*.flex.twilio.com', '*twilio.com', '*.', 'flex.*.com', 'flex.twilio.*'],
        ...['twilio.com', 'flex.twilio.com.', 'flex.twilio.com.evil.example'],
      ],
    );
    const ends = parts(['', ':443', ':*'], [':', ':8443', ':80']).flatMap((port) =>
      parts(['', '/'], ['/agent-desktop', '?x']).map((path) => join(port, path)),
    );
    for (const scheme of schemes) {
      for (const { text, isGood } of hosts.flatMap((host) => ends.map((end) => join(host, end)))) {
        // In Chrome, http with an explicit port does not match https.
        const isHttpOnly = scheme.text === 'http://' && text.includes(':443');
        const source = scheme.text + text;
        expect(allows(source), source).toBe(scheme.isGood && isGood && !isHttpOnly);
      }
    }
  });

  it('are read for each policy that has some', () => {
    expect(
      frameAncestors([
        "default-src 'self'; frame-ancestors 'self'  https://a.example; x, frame-ancestors *",
        "default-src 'none'",
        'Frame-Ancestors',
      ]),
    ).toEqual([["'self'", 'https://a.example'], ['*'], []]);
  });

  it('match the origin asked for and no other', () => {
    expect(sourceMatches('https://a.example', 'https://a.example')).toBe(true);
    expect(sourceMatches('https://a.example', 'https://b.example')).toBe(false);
    expect(sourceMatches('*.a.example', 'https://a.example')).toBe(false);
    expect(sourceMatches('*.a.example', 'https://x.y.a.example')).toBe(true);
  });

  it('are read in no time, however long', () => {
    for (const part of ['a', '-', 'a.', 'https://', '*.', ':', 'a:']) {
      const long = part.repeat(100_000 / part.length);
      expect(sourceMatches(`${long}!`, 'https://flex.twilio.com')).toBe(false);
    }
  });
});

interface Part {
  readonly text: string;
  readonly isGood: boolean;
}

function parts(good: readonly string[], bad: readonly string[]): readonly Part[] {
  return [...good, ...bad].map((text) => ({ text, isGood: good.includes(text) }));
}

function join(one: Part, other: Part): Part {
  return { text: one.text + other.text, isGood: one.isGood && other.isGood };
}
