import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPayload } from '../../fixtures/load.ts';
import { payloadLeaves } from '../../fixtures/payload-leaves.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { allowedHosts } from '../../shared/crm/link-settings.ts';
import { tamper } from '../../tools/tamper.ts';
import { httpSources, signedEvent } from '../crm/contract/sources.ts';
import { runs } from '../property-runs.ts';
import { json, now, setUpWebhook } from './webhook.ts';

/** Half of the requests bear a right signature: what comes after it has to hold as well. */
const requests = runs(5);

/** Those that sign any body: the others have their time in it. */
const cases = httpSources
  .filter(({ crm }) => crm.updateTimestamp === undefined)
  .map((httpCase) => {
    const { kind, crm, config } = httpCase;
    const bodies = crm.payloads.map(({ file }) => readPayload(kind, file));
    return {
      httpCase: { ...httpCase, config: { ...config, titleFromCrm: true } },
      secret: crm.newSecret(),
      bodies,
      leaves: bodies.filter(({ length }) => length < 20_000).flatMap(payloadLeaves),
    };
  });

const oddText = fc.oneof(
  fc.constantFrom(
    ...['', ' ', '..', '__proto__', 'constructor', 'toString'],
    ...['\u0000', '\ud800', '\ufffe', '\u202e', '{id}', '%{jndi:ldap://x}', "' OR 1=1 --"],
    ...['9'.repeat(400), 'x'.repeat(70_000), `WT${'a'.repeat(32)}`],
    ...['https://evil.example/', 'https://tickets.example.com/\ufffe'],
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

const bodyOf = ({ bodies, leaves }: (typeof cases)[number]): fc.Arbitrary<Buffer> => {
  const good = fc.constantFrom(...bodies);
  const spoilt = fc
    .tuple(fc.constantFrom(...leaves), oddJson)
    .map(([{ replaceWith }, odd]) => `${replaceWith('<odd>')}`.replace(/"?<odd>"?/, () => odd));
  const withKey = fc
    .tuple(good, oddText, oddJson)
    .map(([body, key, odd]) => `${body}`.replace('{', `{${JSON.stringify(key)}:${odd},`));
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.oneof(spoilt, spoilt, withKey, oddJson).map((text) => Buffer.from(text)),
    },
    fc.tuple(good, fc.integer({ min: 1, max: 400 })).map(([body, end]) => body.subarray(0, end)),
    bytes.map((each) => Buffer.from(each)),
    good.map((body) => Buffer.from(`é${body}`, 'utf16le')),
    { weight: 3, arbitrary: good },
  );
};

/** What is usual nine times in ten, else one of the others. */
const mostly = <Usual, Other>(usual: Usual, ...others: readonly Other[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const request = fc.constantFrom(...cases).chain((one) =>
  fc.record({
    one: fc.constant(one),
    body: bodyOf(one),
    damage: fc.option(fc.nat(), { freq: 2 }),
    upperCase: fc.boolean(),
    encoding: fc.oneof(fc.constant('text'), mostly('base64', 'called base64')),
    contentType: mostly('its own', 'application/json, application/json', 'text/html', undefined),
    method: mostly('POST', 'PUT', 'post', ''),
    path: fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: oddText.map((text) => `/webhooks/${text}`) },
    ),
  }),
);

it('thousands of hostile requests give no 5xx, no crash, and nothing on the queue that is not genuine', async () => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(request, async (hostile) => {
      const { encoding, contentType, method, damage, path } = hostile;
      const { httpCase, secret } = hostile.one;
      const { kind, config } = httpCase;
      const bytes = encoding === 'text' ? Buffer.from(`${hostile.body}`) : hostile.body;
      const genuine = signedEvent(httpCase, bytes, secret, now);
      const damaged =
        damage === null
          ? { event: genuine, stored: secret }
          : tamper(httpCase, genuine, secret, seededRandom(damage));
      // A secret that was emptied is our own fault.
      fc.pre(damaged.stored === secret);
      const { event } = damaged;
      const headers = Object.entries(event.headers).map(([name, value]): typeof event.headers => {
        const isType = name === 'content-type' && contentType !== 'its own';
        return { [hostile.upperCase ? name.toUpperCase() : name]: isType ? contentType : value };
      });
      const text = Buffer.from(event.body ?? '', 'base64').toString();
      const { crmChange, sent, changes, reports } = setUpWebhook({
        sources: { [kind]: config },
        secrets: { [`${kind}-secret`]: secret },
      });
      const http = { ...event.requestContext.http, method };
      const { statusCode = 0, body = '' } = await crmChange({
        ...event,
        rawPath: path ?? event.rawPath,
        requestContext: { ...event.requestContext, http },
        headers: Object.assign({}, ...headers),
        ...(encoding !== 'base64' && { body: text }),
        isBase64Encoded: encoding !== 'text',
      });
      seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
      expect(statusCode).toBeGreaterThanOrEqual(200);
      expect(statusCode).toBeLessThan(500);
      expect(body.length).toBeLessThan(4000);
      if (body.startsWith('{')) expect(json(body)['requestId']).toBe('request-1');
      if (damage !== null) {
        expect(statusCode).toBeGreaterThanOrEqual(400);
        expect(sent).toEqual([]);
      }
      expect(reports).toMatchObject([{ accepted: sent.length, status: statusCode }]);
      if (reports[0]?.outcome === 'accepted') expect(sent).not.toEqual([]);
      for (const { link } of changes()) {
        if (link === null) continue;
        expect(allowedHosts(config)).toContain(new URL(link.url).hostname);
        expect(`${link.url}${link.title}`).not.toMatch(/[\p{Cc}\ufffe\uffff]/u);
      }
    }),
    { numRuns: requests, seed: 20261122, endOnFailure: true },
  );
  // The generator reaches every outcome.
  for (const status of [200, 202, 400, 401, 404, 405, 415, 422]) {
    expect([status, (seen.get(status) ?? 0) > requests / 100]).toEqual([status, true]);
  }
});
