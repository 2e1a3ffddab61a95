import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsFraming, frameAncestors, sourceMatches } from '../../../ops/doctor/pages/framing.ts';
import { cases } from './page-headers.ts';

const permission = { 'content-security-policy': ['frame-ancestors https://flex.twilio.com'] };

describe('a page', () => {
  it.each(cases)('with $what may be framed: $framed', ({ headers, framed }) => {
    expect(allowsFraming({ headers, wasRedirected: false })).toBe(framed);
  });

  it('after a redirect may be framed only if its policy says so', () => {
    expect(allowsFraming({ headers: {}, wasRedirected: true })).toBe(false);
    expect(allowsFraming({ headers: permission, wasRedirected: true })).toBe(true);
    const policy = { 'content-security-policy': ["default-src 'self'"] };
    expect(allowsFraming({ headers: policy, wasRedirected: true })).toBe(false);
  });

  it('never becomes frameable by a further policy', () => {
    const words = [
      'frame-ancestors',
      'FRAME-ancestors',
      "'none'",
      "'self'",
      '*',
      'https:',
      ';',
      ',',
    ];
    const text = fc
      .array(fc.constantFrom(...words, ' ', '\t', 'https://flex.twilio.com', '*.twilio.com', 'é'))
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), text, (values, more) => {
        const framed = (policies: readonly string[]): boolean =>
          allowsFraming({ headers: { 'content-security-policy': policies }, wasRedirected: false });
        const withMore = framed([...values, more]);
        expect(withMore).toBe(framed([more]) && framed(values));
        expect(framed([[...values, more].join(',')])).toBe(withMore);
      }),
    );
  });
});

describe('the sources of a policy', () => {
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
