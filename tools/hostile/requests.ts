import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import type { Leaf } from '../../fixtures/payload-leaves.ts';

/** A sender that signs requests to one of our webhooks. */
export interface Sender {
  readonly name: string;
  /** Bodies that the sender sends. */
  readonly bodies: readonly Buffer[];
  readonly leaves: readonly Leaf[];
  /** Which signatures expire: those of any body, those of the sender's own bodies, or none. */
  readonly isTimed: 'always' | 'own bodies' | 'never';
  readonly signsBody: boolean;
  readonly requiredHeaders: readonly string[];
  /** A request with a signature of the given time, in milliseconds since 1970. The body is base64. */
  readonly sign: (body: Buffer, at: number) => APIGatewayProxyEventV2;
  /** The event with one change in a part that the signature covers. */
  readonly tamper: (event: APIGatewayProxyEventV2, seed: number) => APIGatewayProxyEventV2;
  /** Whether two bodies have the same signature. */
  readonly isSameBody?: (one: Buffer, other: Buffer) => boolean;
}

export interface HostileRequest {
  readonly sender: Sender;
  readonly event: APIGatewayProxyEventV2;
  /** Whether the request may be genuine. Then it may cause a message. */
  readonly mayBeGenuine: boolean;
  /** How often the request is sent. */
  readonly times: number;
}

/** Returns the hostile request of a seed and an index. The same index gives the same request. */
export function hostileRequests(senders: readonly Sender[], now: number) {
  const bodies = new Map(senders.map((sender) => [sender, bodyOf(sender)]));
  const paths = senders.map(({ bodies: [body = Buffer.of()], sign }) => sign(body, now).rawPath);
  const request = fc.constantFrom(...senders).chain((sender) =>
    fc
      .record({
        body: bodies.get(sender) ?? fc.constant({ bytes: Buffer.of(), isOwn: false }),
        ageMs: mostly(0, 6 * minute, 61 * minute, 25 * 60 * minute, -6 * minute, -1e12, 1e12),
        damage: fc.option(fc.nat(), { freq: 2 }),
        header: mostly<HeaderTrick, HeaderTrick>('none', ...headerTricks),
        upperCase: fc.boolean(),
        encoding: fc.oneof(fc.constant('text'), mostly('base64', 'called base64', 'no body')),
        contentType: mostly('its own', ...contentTypes),
        method: mostly('POST', 'PUT', 'post', '', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'P\u00d6ST'),
        path: fc.oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          {
            weight: 1,
            arbitrary: fc.oneof(
              oddText.map((text) => `/webhooks/${text}`),
              fc.constantFrom(...paths, '/', '', '/webhooks', '//webhooks//zendesk', '/../..'),
            ),
          },
        ),
        times: mostly(1, 2, 3),
      })
      .map((drawn) => toRequest(sender, drawn, now)),
  );
  return (seed: number, index: number): HostileRequest => {
    const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
    const [drawn] = fc.sample(request, { seed: mixed, numRuns: 1 });
    if (drawn === undefined) throw new Error('fast-check drew no request');
    return drawn;
  };
}

const minute = 60_000;

const headerTricks = ['missing', 'empty', 'twice in another case', 'huge', 'odd', 'gzip'] as const;

type HeaderTrick = 'none' | (typeof headerTricks)[number];

const contentTypes = [
  ...['application/json, application/json', 'text/html', 'text/xml', 'application/json;charset=x'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '\u0000', undefined],
];

const oddText = fc.oneof(
  fc.constantFrom(
    ...['', ' ', '..', '__proto__', 'constructor', 'toString', 'hasOwnProperty'],
    ...['\u0000', '\ud800', '\ufffe', '\u202e', '{id}', '%{jndi:ldap://x}', "' OR 1=1 --"],
    ...['9'.repeat(400), 'x'.repeat(70_000), `WT${'a'.repeat(32)}`, '%00', '%', '%ff'],
    ...['https://evil.example/', 'https://tickets.example.com/\ufffe', 'javascript:alert(1)'],
    ...['2025-13-45T99:99:99Z', '9999-12-31T23:59:59.999999999Z', 'I\u0307', '\ufb03', '\u{1f4a9}'],
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
    ...['null', '[]', '{}', '{"value":{"value":{}}}', '[[[[]]]]', '[null]', '[{}]', '"'],
    ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'],
  ),
  fc.integer({ min: 900, max: 5000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 900, max: 5000 }).map((depth) => `${'{"a":'.repeat(depth)}1`),
  fc
    .integer({ min: 900, max: 5000 })
    .map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

const entities = Array.from(
  { length: 9 },
  (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`,
);

const oddXml = fc.oneof(
  fc.constantFrom(
    `<!DOCTYPE x [<!ENTITY e0 "ha">${entities.join('')}]><x>&e9;</x>`,
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    ...['<a>', '<a></b>', '<a xmlns:a=""/>', '<?xml version="1.0" encoding="utf-7"?><a/>'],
    ...['<a><![CDATA[', '<a b="1" b="2"/>', '<a>&#0;</a>', '<a>&#xd800;</a>', '\ufeff<a/>'],
  ),
  fc.integer({ min: 500, max: 5000 }).map((depth) => '<a>'.repeat(depth) + '</a>'.repeat(depth)),
);

/** Bodies near the limits of values and bytes. There are few, because they take long. */
const hugeBody = fc
  .tuple(fc.constantFrom('[0]', '"x"', '{"a":"\u00fc"}'), fc.integer({ min: 1, max: 7 }))
  .map(([part, megabytes]) => `[${`${part},`.repeat((megabytes * 1e6) / (part.length + 1))}1]`);

function bodyOf({ bodies, leaves }: Sender) {
  const good = fc.constantFrom(...bodies);
  const spoilt = fc
    .tuple(fc.constantFrom(...leaves), oddJson)
    .map(([{ replaceWith }, odd]) => `${replaceWith('<odd>')}`.replace(/"?<odd>"?/, () => odd));
  const withKey = fc
    .tuple(good, oddText, oddJson)
    .map(([body, key, odd]) => `${body}`.replace('{', () => `{${JSON.stringify(key)}:${odd},`));
  const odd = fc.oneof(
    {
      weight: 1000,
      arbitrary: fc.oneof(spoilt, spoilt, withKey, oddJson).map((text) => Buffer.from(text)),
    },
    { weight: 120, arbitrary: oddXml.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: hugeBody.map((text) => Buffer.from(text)) },
    {
      weight: 200,
      arbitrary: fc
        .tuple(good, fc.integer({ min: 1, max: 400 }))
        .map(([body, end]) => body.subarray(0, end)),
    },
    {
      weight: 200,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((each) => Buffer.from(each)),
    },
    { weight: 200, arbitrary: good.map((body) => Buffer.from(`é${body}`, 'utf16le')) },
    { weight: 100, arbitrary: good.map((body) => gzipSync(body)) },
  );
  return fc.oneof(
    { weight: 3, arbitrary: odd.map((bytes) => ({ bytes, isOwn: false })) },
    { weight: 1, arbitrary: good.map((bytes) => ({ bytes, isOwn: true })) },
  );
}

/** The usual value nine times in ten, otherwise one of the others. */
function mostly<Usual, Other>(usual: Usual, ...others: readonly Other[]) {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

interface Drawn {
  readonly body: { readonly bytes: Buffer; readonly isOwn: boolean };
  readonly ageMs: number;
  readonly damage: number | null;
  readonly header: HeaderTrick;
  readonly upperCase: boolean;
  readonly encoding: string;
  readonly contentType: string | undefined;
  readonly method: string;
  readonly path: string | undefined;
  readonly times: number;
}

function toRequest(sender: Sender, drawn: Drawn, now: number): HostileRequest {
  const { encoding, contentType, damage, header, times } = drawn;
  // The damage may be in the path.
  const path = damage === null ? drawn.path : undefined;
  // A text can contain only UTF-8, so the bytes that were signed are the bytes that arrive.
  const bytes = encoding === 'text' ? Buffer.from(`${drawn.body.bytes}`) : drawn.body.bytes;
  const signed = sender.sign(bytes, now - drawn.ageMs);
  const { rawPath, requestContext } = signed;
  const event = damage === null ? signed : sender.tamper(signed, damage);
  const headers = Object.entries(event.headers).flatMap(([name, value]) => {
    const isType = name === 'content-type' && contentType !== 'its own';
    const isRequired = sender.requiredHeaders.includes(name);
    if (isRequired && header === 'missing') return [];
    const text = isRequired && header === 'empty' ? '' : isType ? contentType : value;
    return [[drawn.upperCase ? name.toUpperCase() : name, text]];
  });
  const [first = 'x-none'] = sender.requiredHeaders;
  const tricks: Record<HeaderTrick, Record<string, string>> = {
    none: {},
    missing: {},
    empty: {},
    'twice in another case': { [first.replace(/^./, (letter) => letter.toUpperCase())]: 'x' },
    huge: { [`x-${'a'.repeat(200)}`]: 'b'.repeat(100_000) },
    odd: { ['__proto__']: 'x', constructor: 'x', 'x-forwarded-proto': '\u0000', '': '' },
    gzip: { 'content-encoding': 'gzip' },
  };
  const signedBody = Buffer.from(signed.body ?? '', 'base64');
  const sent = Buffer.from(event.body ?? '', 'base64');
  const isOld =
    drawn.ageMs !== 0 &&
    (sender.isTimed === 'always' || (sender.isTimed === 'own bodies' && drawn.body.isOwn)) &&
    // The longest tolerance is a day.
    Math.abs(drawn.ageMs) > 24 * 60 * minute;
  const isSameBody = sender.isSameBody ?? ((one, other) => one.equals(other));
  const isOtherBody = sender.signsBody && !isSameBody(signedBody, sent);
  const isUnsigned =
    sender.requiredHeaders.length > 0 && (header === 'missing' || header === 'empty');
  const isDamaged = damage !== null && (isOtherBody || signedBody.equals(sent));
  const isElsewhere = path !== undefined && path !== rawPath;
  const { body: _body, ...withoutBody } = event;
  return {
    sender,
    event: {
      ...withoutBody,
      rawPath: path ?? event.rawPath,
      requestContext: { ...requestContext, http: { ...requestContext.http, method: drawn.method } },
      headers: { ...Object.fromEntries(headers), ...tricks[header] },
      ...(encoding !== 'no body' && {
        body: encoding === 'base64' ? (event.body ?? '') : sent.toString(),
      }),
      isBase64Encoded: encoding === 'base64' || encoding === 'called base64',
    },
    mayBeGenuine: !(isOld || isOtherBody || isUnsigned || isDamaged || isElsewhere),
    times,
  };
}
