import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { secretProblem } from '../../../shared/crm/signing/secret-problem.ts';
import { standardWebhooks } from '../../../shared/crm/sources/standard-webhooks.ts';
import { zendesk, zendeskSignature } from '../../../shared/crm/sources/zendesk.ts';
import type { RawRequest } from '../../../shared/http/request.ts';
import {
  standardHeaders,
  standardSecret,
  zendeskHeaders,
  zendeskSecret,
} from '../../crm-change/webhook.ts';

interface Vector {
  readonly id: string;
  readonly scheme: string;
  readonly secret: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly valid: boolean;
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('fixtures/signature-vectors.json', import.meta.url), 'utf8'),
);
const ofScheme = (scheme: string) => vectors.filter((vector) => vector.scheme.startsWith(scheme));

const request = (body: string, headers: Readonly<Record<string, string>>): RawRequest => ({
  method: 'POST',
  url: 'https://api.example.com/webhooks/source',
  pathToken: undefined,
  headers: new Map(Object.entries(headers)),
  body: Buffer.from(body),
});

const minutes = 60_000;
const now = Date.parse('2026-11-22T09:30:00Z');

describe("Zendesk's signature", () => {
  const isGenuine = (signed: RawRequest, secrets: readonly string[]) =>
    zendesk.authenticate(signed, secrets, now, {});
  const body = '{"a":1}\n';
  const at = (offset: number, secret = zendeskSecret) =>
    request(body, zendeskHeaders(body, { secret, at: new Date(now + offset).toISOString() }));

  it.each(ofScheme('zendesk'))('agrees with the public vector $id', (vector) => {
    // Its timestamp is a number, and the real ones are in ISO 8601: here the HMAC alone is compared.
    const timestamp = vector.headers['x-zendesk-webhook-signature-timestamp'] ?? '';
    const signature = zendeskSignature(vector.secret, timestamp, Buffer.from(vector.body));
    expect(signature === vector.headers['x-zendesk-webhook-signature']).toBe(vector.valid);
  });

  it('is let in with any of several secrets', () => {
    expect(isGenuine(at(0), ['another', zendeskSecret])).toBe(true);
    expect(isGenuine(at(0, 'another'), ['another', zendeskSecret])).toBe(true);
    expect(isGenuine(at(0, 'a third'), ['another', zendeskSecret])).toBe(false);
    expect(isGenuine(at(0), [])).toBe(false);
  });

  it('may be an hour old and five minutes ahead', () => {
    const isIn = (offset: number) => isGenuine(at(offset), [zendeskSecret]);
    expect(isIn(-60 * minutes)).toBe(true);
    expect(isIn(-60 * minutes - 1)).toBe(false);
    expect(isIn(5 * minutes)).toBe(true);
    expect(isIn(5 * minutes + 1)).toBe(false);
  });

  it('covers the timestamp and every byte', () => {
    const headers = zendeskHeaders(body, { at: new Date(now).toISOString() });
    const isIn = (text: string, changed: Record<string, string>) =>
      isGenuine(request(text, { ...headers, ...changed }), [zendeskSecret]);
    expect(isIn(body, {})).toBe(true);
    expect(isIn(body.trimEnd(), {})).toBe(false);
    const timestamp = new Date(now + 1).toISOString();
    expect(isIn(body, { 'x-zendesk-webhook-signature-timestamp': timestamp })).toBe(false);
    const signature = headers['x-zendesk-webhook-signature'];
    expect(isIn(body, { 'x-zendesk-webhook-signature': signature.slice(0, -1) })).toBe(false);
    expect(isIn(body, { 'x-zendesk-webhook-signature': '' })).toBe(false);
  });

  it('with a timestamp that is none is not let in, though it is right', () => {
    const signed = request(body, zendeskHeaders(body, { at: '1531420618' }));
    expect(zendesk.authenticate(signed, [zendeskSecret], 1531420618_000, {})).toBe(false);
  });
});

describe('a Standard Webhooks signature', () => {
  const body = '{"a":1}';
  const seconds = now / 1000;
  const headers = standardHeaders(body, { at: seconds });
  const isIn = (changed: Record<string, string>, secrets = [standardSecret]) =>
    standardWebhooks.authenticate(request(body, { ...headers, ...changed }), secrets, now, {});

  it.each(ofScheme('standard'))('agrees with the public vector $id', (vector) => {
    const at = Number(vector.headers['webhook-timestamp']) * 1000;
    const signed = request(vector.body, vector.headers);
    expect(standardWebhooks.authenticate(signed, [vector.secret], at, {})).toBe(vector.valid);
    expect(standardWebhooks.authenticate(signed, [standardSecret], at, {})).toBe(false);
    expect(standardWebhooks.authenticate(signed, [standardSecret, vector.secret], at, {})).toBe(
      vector.valid,
    );
  });

  it('may be five minutes off, either way', () => {
    const at = (offset: number) => isIn(standardHeaders(body, { at: seconds + offset }));
    expect([at(-300), at(300)]).toEqual([true, true]);
    expect([at(-301), at(301)]).toEqual([false, false]);
  });

  it('covers the id', () => {
    expect(isIn({})).toBe(true);
    expect(isIn({ 'webhook-id': 'msg_2' })).toBe(false);
  });

  it.each(['', '-1', '1e9', '0x10', ' 1', '1.5', 'NaN', '99999999999999999999'])(
    'is not let in with the timestamp %j',
    (at) => {
      const signed = standardHeaders(body, { at });
      expect(isIn(signed)).toBe(false);
    },
  );

  it('is found among signatures of other versions and other keys', () => {
    const signature = headers['webhook-signature'];
    expect(isIn({ 'webhook-signature': `v2,abc v1a,abc v1,abc ${signature}` })).toBe(true);
    expect(isIn({ 'webhook-signature': signature.replace('v1', 'v2') })).toBe(false);
    expect(isIn({ 'webhook-signature': signature.replace('v1,', '') })).toBe(false);
    expect(isIn({ 'webhook-signature': '' })).toBe(false);
  });

  it.each([', ', ' ,', '  '])('is none behind %j: then the header is not as signed', (odd) => {
    const signature = headers['webhook-signature'];
    expect(isIn({ 'webhook-signature': `${signature}${odd}` })).toBe(false);
    expect(isIn({ 'webhook-signature': `${signature}${odd}${signature}` })).toBe(false);
  });

  it.each([
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_51TKyHBy5KFY1Ab98GQ8V60BkWnejkWy',
    'C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
  ])('has no key that stands in public documentation: %s', (secret) => {
    expect(secretProblem(standardWebhooks, secret)).toMatch(/documentation/);
  });

  it('takes a symmetric key without its prefix too', () => {
    expect(isIn({}, [standardSecret.replace('whsec_', '')])).toBe(true);
  });

  it.each([
    '',
    'whsec_',
    'a signing secret in words, of 32 c',
    `whsec_${Buffer.alloc(23).toString('base64')}`,
    `whsec_${Buffer.alloc(65).toString('base64')}`,
    `whpk_${Buffer.alloc(31).toString('base64')}`,
    `whsk_${Buffer.alloc(64).toString('base64')}`,
  ])('has no secret like %j', (secret) => {
    expect(secretProblem(standardWebhooks, secret)).toBeTypeOf('string');
    expect(isIn({}, [secret])).toBe(false);
  });

  it.each([24, 64])('takes keys of %i bytes', (length) => {
    const secret = `whsec_${Buffer.alloc(length, 1).toString('base64')}`;
    expect(isIn(standardHeaders(body, { at: seconds, secret }), [secret])).toBe(true);
  });
});
