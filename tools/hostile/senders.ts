import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { getExpectedBodyHash, getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import type { HttpCrm } from '../../fixtures/crm.ts';
import { readPayload } from '../../fixtures/load.ts';
import { payloadLeaves } from '../../fixtures/payload-leaves.ts';
import type { HttpSource } from '../../shared/crm/source.ts';
import { type Tampered, tamper } from '../tamper.ts';
import type { Sender } from './requests.ts';

type SeededRandom = (seed: number) => () => number;

/** A CRM, and how it signs a body. If the body is one of its own, the time in the body is set first. */
interface SigningCrm {
  readonly kind: string;
  readonly crm: HttpCrm;
  readonly source: HttpSource;
  readonly secret: string;
  readonly sign: (crm: HttpCrm, body: Buffer, at: number) => APIGatewayProxyEventV2;
}

/** These CRMs sign no time. */
const untimed = ['dynamics', 'salesforce-outbound'];

/** In longer bodies, changing the leaves would take most of the time. */
const maxLeafBodyBytes = 20_000;

/**
 * The sender of a CRM's webhooks, with the bodies in `fixtures/`.
 * @param random decides what `tamper` changes
 */
export function crmSender(
  { kind, crm, source, secret, sign }: SigningCrm,
  random: SeededRandom,
): Sender {
  const { updateTimestamp } = crm;
  const bodies = crm.payloads.map(({ file }) => readPayload(kind, file));
  const own = new Set(bodies.map((body) => body.toString('latin1')));
  const withoutTime = { ...crm, updateTimestamp: (body: Buffer) => body };
  return {
    name: kind,
    bodies,
    leaves: bodies.filter(({ length }) => length < maxLeafBodyBytes).flatMap(payloadLeaves),
    isTimed: untimed.includes(kind)
      ? 'never'
      : updateTimestamp === undefined
        ? 'always'
        : 'own bodies',
    signsBody: crm.signsBody,
    requiredHeaders: source.requiredHeaders,
    sign: (body, at) => sign(own.has(body.toString('latin1')) ? crm : withoutTime, body, at),
    tamper: tamperWith({ source, crm }, secret, random),
  };
}

/** Twilio, and the bodies that it sends: forms and Event Streams events. */
interface SigningTwilio {
  readonly url: string;
  readonly authToken: string;
  readonly forms: readonly Readonly<Record<string, string>>[];
  readonly streams: readonly Buffer[];
  readonly toEvent: (request: {
    url: string;
    headers: Record<string, string>;
    body: Buffer;
  }) => APIGatewayProxyEventV2;
}

/** The senders of task events: Event Streams and the event callback. */
export function twilioSenders(twilio: SigningTwilio, random: SeededRandom): readonly Sender[] {
  const { url, authToken, forms, streams, toEvent } = twilio;
  const requiredHeaders = ['x-twilio-signature'];
  const common = { isTimed: 'never', signsBody: true, requiredHeaders } as const;
  const tampers = tamperWith(
    { source: { requiredHeaders }, crm: { signsBody: true } },
    authToken,
    random,
  );
  const signed = (signedUrl: string, type: string, signature: string, body: Buffer) =>
    toEvent({
      url: signedUrl,
      headers: { 'content-type': type, 'x-twilio-signature': signature },
      body,
    });
  const formSignature = (body: Buffer): string =>
    getExpectedTwilioSignature(authToken, url, fieldsOf(body));
  const bytesOf = (form: Readonly<Record<string, string>>) =>
    Buffer.from(`${new URLSearchParams(form)}`);
  return [
    {
      ...common,
      name: 'task-event by Event Streams',
      bodies: streams,
      leaves: streams.flatMap(payloadLeaves),
      sign: (body) => {
        const signedUrl = `${url}?bodySHA256=${getExpectedBodyHash(body.toString())}`;
        const signature = getExpectedTwilioSignature(authToken, signedUrl, {});
        return signed(signedUrl, 'application/json', signature, body);
      },
      tamper: tampers,
    },
    {
      ...common,
      name: 'task-event by callback',
      bodies: forms.map(bytesOf),
      leaves: forms.flatMap((form) =>
        Object.keys(form).map((path) => ({
          path,
          replaceWith: (value: unknown) => bytesOf({ ...form, [path]: `${value}` }),
        })),
      ),
      sign: (body) =>
        signed(url, 'application/x-www-form-urlencoded; charset=UTF-8', formSignature(body), body),
      tamper: tampers,
      // Twilio signs all names and values as one text without separators. The encoding does not matter.
      isSameBody: (one, other) => formSignature(one) === formSignature(other),
    },
  ];
}

function tamperWith(
  signing: Tampered,
  secret: string,
  seededRandom: SeededRandom,
): Sender['tamper'] {
  return (event, seed) => {
    const random = seededRandom(seed);
    for (;;) {
      const { event: changed, stored } = tamper(signing, event, secret, random);
      // An empty secret is our own fault.
      if (stored === secret) return changed;
    }
  };
}

function fieldsOf(body: Buffer): Record<string, string | string[]> {
  const fields = new URLSearchParams(body.toString());
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const [first = '', ...others] = fields.getAll(name);
      return [name, others.length === 0 ? first : [first, ...others]];
    }),
  );
}
