import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiGatewayEvent } from '../http/webhook.ts';
import { runs } from '../property-runs.ts';
import {
  desk,
  deskTicket,
  fixture,
  json,
  setUpWebhook,
  standardHeaders,
  standardSecret,
  taskSid,
  zendesk,
  zendeskHeaders,
  zendeskSecret,
} from './webhook.ts';

/** Half of the requests bear a right signature: what comes after it has to hold as well. */
const requests = runs(5);

const taken = { taskAttribute: 'ticket_id', titleFromCrm: true };
const sources = {
  zendesk: { ...zendesk, ...taken },
  desk: { ...desk, ...taken },
};

const goodBodies = [
  fixture('zendesk/status_changed.json'),
  fixture('zendesk/custom_field_changed.json'),
  fixture('zendesk/external_id_changed.json'),
  JSON.stringify({
    ...{ schema: 'ticket-changed/1', ticket_id: '1' },
    ...{ updated_at: '2025-01-08T16:45:20Z', sid: taskSid },
  }),
  deskTicket({ version: '7', title: 'a title', url: 'https://desk.example.com/1' }),
];

const oddText = fc.oneof(
  fc.constantFrom(
    ...['', ' ', '..', '__proto__', 'constructor', 'toString'],
    ...['\u0000', '\ud800', '\ufffe', '\u202e', '{id}', '%{jndi:ldap://x}', "' OR 1=1 --"],
    ...['9'.repeat(400), 'x'.repeat(70_000), taskSid],
    ...['https://evil.example/', 'https://desk.example.com/\ufffe'],
    ...['2025-13-45T99:99:99Z', '9999-12-31T23:59:59.999999999Z'],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const oddNumber = fc.constantFrom(
  ...['-0', '1e999', '-1e999', '1e-999', '0.1', '19342813113834066795298816'],
  ...['9'.repeat(31), '9'.repeat(5000)],
);
const oddJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  oddText.map((text) => JSON.stringify(text)),
  oddNumber,
  fc.constantFrom(
    ...['null', '[]', '{}', '{"value":{"value":{}}}', '{"__proto__":{"a":1}}', '[[[[]]]]'],
  ),
  fc.integer({ min: 1000, max: 100_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc
    .integer({ min: 1000, max: 20_000 })
    .map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

/** Each value in a body, replaced by an odd one; or the key beside it. */
const spoiltBody = fc
  .tuple(fc.constantFrom(...goodBodies), fc.nat(), oddJson, fc.boolean(), oddText)
  .map(([body, place, value, wholeField, key]) => {
    const values = [...body.matchAll(/(?<=:\s*)("[^"]*"|null|true|false|\d+|\{\}|\{(?=\s*"))/g)];
    const match = values[place % values.length];
    if (match === undefined || match[0] === '{') {
      return body.replace('{', `{${JSON.stringify(key)}:${value},`);
    }
    const { index } = match;
    const spoilt = body.slice(0, index) + value + body.slice(index + match[0].length);
    return wholeField ? spoilt : spoilt.replace('"id"', JSON.stringify(key));
  });

const body = fc.oneof(
  { weight: 6, arbitrary: spoiltBody.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: oddJson.map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...goodBodies), fc.nat(400))
      .map(([text, end]) => Buffer.from(text).subarray(0, end)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('utf16le' as const, 'latin1' as const)
      .map((encoding) => Buffer.from(`é${goodBodies[0]}`, encoding)),
  },
  { weight: 1, arbitrary: fc.constantFrom(...goodBodies).map((text) => Buffer.from(text)) },
);

/** What is usual nine times in ten, else one of the others. */
const mostly = <Usual, Other>(usual: Usual, ...others: readonly Other[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** How signatures go wrong; half of them are right. */
const damage = fc.oneof(
  fc.constant('none'),
  fc.constantFrom(
    ...['flipped', 'missing', 'empty', 'twice', 'wrong secret', 'empty secret'],
    ...['other bytes', 'old', 'odd'],
  ),
);

const request = fc.record({
  body,
  damage,
  odd: oddText,
  source: fc.constantFrom('zendesk' as const, 'desk' as const),
  upperCase: fc.boolean(),
  encoding: fc.oneof(fc.constant('text'), mostly('base64', 'called base64')),
  contentType: mostly(
    'application/json',
    'application/json; charset=UTF-8',
    'application/json, application/json',
    'text/html',
    undefined,
  ),
  method: mostly('POST', 'PUT', 'post', ''),
  path: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: oddText.map((text) => `/webhooks/${text}`) },
  ),
});

const signed = (
  source: 'zendesk' | 'desk',
  bytes: Buffer,
  secret: string | undefined,
  at?: number,
) =>
  source === 'zendesk'
    ? zendeskHeaders(bytes, {
        secret: secret ?? zendeskSecret,
        ...(at !== undefined && { at: new Date(at).toISOString() }),
      })
    : standardHeaders(bytes, { secret: secret ?? standardSecret, ...(at !== undefined && { at }) });

const headersFor = (
  bytes: Buffer,
  source: 'zendesk' | 'desk',
  how: string,
  odd: string,
): Record<string, string> => {
  const right: Record<string, string> = signed(source, bytes, undefined);
  const names = Object.keys(right).filter((name) => /signature$/.test(name));
  const changed = (change: (value: string) => string) => ({
    ...right,
    ...Object.fromEntries(names.map((name) => [name, change(right[name] ?? '')])),
  });
  switch (how) {
    case 'flipped':
      return changed((value) => value.replace(/.(?=.{5}$)/, (char) => (char === 'A' ? 'B' : 'A')));
    case 'missing':
      return Object.fromEntries(Object.entries(right).filter(([name]) => !names.includes(name)));
    case 'empty':
      return changed(() => '');
    case 'twice':
      return changed((value) => `${value},${value}`);
    case 'wrong secret':
      return signed(source, bytes, `whsec_${Buffer.alloc(32, 9).toString('base64')}`);
    case 'empty secret':
      return signed(source, bytes, '');
    case 'other bytes':
      return signed(source, Buffer.concat([bytes, Buffer.from(' ')]), undefined);
    case 'old':
      return signed(source, bytes, undefined, 1);
    case 'odd':
      return changed(() => `v1,${odd}`);
    default:
      return right;
  }
};

describe('thousands of hostile requests', () => {
  it('give no 5xx, no crash, and nothing on the queue that is not genuine', async () => {
    const { crmChange, sent, changes, reports } = setUpWebhook({ sources });
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(request, async (hostile) => {
        const { source, encoding, contentType, method, upperCase } = hostile;
        const bytes =
          encoding === 'text' ? Buffer.from(hostile.body.toString('utf8')) : hostile.body;
        const headers = headersFor(bytes, source, hostile.damage, hostile.odd);
        const named = upperCase
          ? Object.fromEntries(
              Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
            )
          : headers;
        const before = sent.length;
        const answer = await crmChange(
          apiGatewayEvent(
            encoding === 'base64' ? bytes.toString('base64') : bytes.toString('utf8'),
            {
              path: hostile.path ?? `/webhooks/${source}`,
              method,
              headers: { ...named, 'content-type': contentType },
              isBase64Encoded: encoding !== 'text',
            },
          ),
        );
        const { statusCode = 0 } = answer;
        seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
        expect(statusCode).toBeGreaterThanOrEqual(200);
        expect(statusCode).toBeLessThan(500);
        expect((answer.body ?? '').length).toBeLessThan(4000);
        expect(json(answer.body ?? '')['requestId']).toBe('request-1');
        if (hostile.damage !== 'none') {
          expect(statusCode).toBeGreaterThanOrEqual(400);
          expect(sent.length).toBe(before);
        }
        expect(sent.length > before).toBe(statusCode === 202);
      }),
      { numRuns: requests, seed: 20261122, endOnFailure: true },
    );
    expect(reports).toHaveLength(requests);
    for (const { link } of changes()) {
      if (link === null) continue;
      expect(link.url).toMatch(/^https:\/\/(acme\.zendesk|desk\.example)\.com\//);
      expect(`${link.url}${link.title}`).not.toMatch(/[\p{Cc}\ufffe\uffff]/u);
    }
    // The generator reaches every outcome.
    for (const status of [200, 202, 400, 401, 404, 405, 415, 422]) {
      expect([status, (seen.get(status) ?? 0) > requests / 100]).toEqual([status, true]);
    }
  });
});
