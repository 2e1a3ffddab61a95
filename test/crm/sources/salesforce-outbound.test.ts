import { parseXml as parseWhole } from '@rgrove/parse-xml';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { salesforceOutbound } from '../../../shared/crm/sources/salesforce-outbound.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import {
  callSid,
  conversationSid,
  fixture,
  setUpWebhook,
  taskSid,
} from '../../crm-change/webhook.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';

const sidField = 'Twilio_Conversation_SID__c';
const organisation = '00Dxx0000001gPFEAY';
const id = '500x000000003TRAAY';
const token = 'c8a4b1f0e2d94c7f8a6b5e3d2c1f0a9b';
const settings = {
  kind: 'salesforce-outbound',
  ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
  organizationId: organisation,
  secret: 'salesforce-secret',
};
const config = SourceConfig.parse({ ...settings, sidField });
const withoutField = SourceConfig.parse({ ...settings, taskAttribute: 'sfdcObjectId' });

const time = '2026-11-22T09:30:00.000Z';
const occurredAt = Date.parse(time);

type Fields = Readonly<Record<string, string | undefined>>;

/** What a notification tells of a Case; a field that is undefined is left out. */
const record = (fields: Fields = {}): string => {
  const all = { Id: id, SystemModstamp: time, LastModifiedDate: time, ...fields };
  const inner = Object.entries(all).map(([name, value]) =>
    value === undefined ? '' : `<sf:${name}>${value}</sf:${name}>`,
  );
  return `<sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${inner.join('')}</sObject>`;
};

const message = (
  records: readonly string[] = [record()],
  { organizationId = organisation, sessionId = '<SessionId xsi:nil="true"/>' } = {},
): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${organizationId}</OrganizationId>
   <ActionId>04kxx00000000blAAA</ActionId>
   ${sessionId}
   ${records.map((one) => `<Notification><Id>04lxx000000CaSiAAK</Id>${one}</Notification>`).join('')}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`;

const normalise = (xml: string, configured = config) =>
  salesforceOutbound.normalise(salesforceOutbound.body?.parse(Buffer.from(xml)), configured);

const outcomeOf = (xml: string, configured = config) => {
  try {
    return { findings: normalise(xml, configured), outcome: 'read', problems: [] };
  } catch (error) {
    if (error instanceof HttpError) {
      return { findings: [], outcome: error.outcome, problems: error.problems };
    }
    throw error;
  }
};

const path = 'soap:Envelope.soap:Body.om:notifications';

const webhook = (options: Parameters<typeof setUpWebhook>[0] = {}) =>
  setUpWebhook({
    sources: { crm: { ...settings, sidField } },
    secrets: { 'salesforce-secret': token },
    ...options,
  });

const posted = (body: string, pathToken = token, contentType = 'text/xml; charset=UTF-8') =>
  apiGatewayEvent(body, {
    path: `/webhooks/crm${pathToken === '' ? '' : `/${pathToken}`}`,
    headers: { 'content-type': contentType, soapaction: '""' },
  });

/** What Salesforce looks for: 200 and this, in its own namespace. */
const isAcknowledged = ({ statusCode, body = '' }: APIGatewayProxyStructuredResultV2): boolean =>
  statusCode === 200 && /<Ack>true<\/Ack>/.test(body);

describe('an outbound message', () => {
  it('is acknowledged in SOAP once the queue holds its changes', async () => {
    const { crmChange, changes } = webhook();
    const answer = await crmChange(posted(fixture('salesforce-outbound/several.xml')));
    expect(isAcknowledged(answer)).toBe(true);
    expect(answer.headers?.['content-type']).toMatch(/^text\/xml/);
    expect(changes()).toMatchObject([
      {
        ticket: `crm/${id}`,
        version: String(Date.parse('2026-11-22T09:45:00Z')),
        link: { url: `https://acme.lightning.force.com/lightning/r/Case/${id}/view` },
        correlation: { callSid },
      },
      { ticket: 'crm/500x000000003TSAAY', correlation: { taskSid } },
    ]);
  });

  it('is acknowledged by the very envelope that the WSDL asks for', async () => {
    const { body = '' } = await webhook().crmChange(posted(message()));
    expect(
      JSON.parse(JSON.stringify(parseWhole(body.replaceAll(/>\s+</g, '><').trim()))),
    ).toMatchObject({
      children: [
        {
          name: 'soapenv:Envelope',
          attributes: { 'xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/' },
          children: [
            {
              name: 'soapenv:Body',
              children: [
                {
                  name: 'notificationsResponse',
                  attributes: { xmlns: 'http://soap.sforce.com/2005/09/outbound' },
                  children: [{ name: 'Ack', children: [{ text: 'true' }] }],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('is acknowledged too where there is nothing to do', async () => {
    const { crmChange, changes, reports } = webhook();
    const answer = await crmChange(posted(fixture('salesforce-outbound/contact.xml')));
    expect(isAcknowledged(answer)).toBe(true);
    expect(changes()).toEqual([]);
    expect(reports).toMatchObject([{ outcome: 'ignored', reasons: ['not a Case'] }]);
  });

  it('is not acknowledged where one notification cannot be read, and the others are queued', async () => {
    const { crmChange, changes, reports } = webhook();
    const records = [record(), record({ Id: 'Jane Doe' }), record({ Id: '500x000000003TSAAY' })];
    const answer = await crmChange(posted(message(records)));
    expect(isAcknowledged(answer)).toBe(false);
    expect(answer.statusCode).toBe(422);
    expect(changes().map(({ ticket }) => ticket)).toEqual([`crm/${id}`, 'crm/500x000000003TSAAY']);
    expect(reports).toMatchObject([{ fields: [`${path}.om:Notification[1].om:sObject.sf:Id`] }]);
    expect(JSON.stringify([answer, reports])).not.toMatch(/Jane/);
  });

  it.each([
    ['SQS takes nothing', { send: () => Promise.reject(new Error('no')) }, message(), token, 503],
    ['the token is missing', {}, message(), '', 401],
    ['the body is cut off', {}, message().slice(0, -5), token, 400],
    [
      'the organisation is another',
      {},
      message([record()], { organizationId: '00D25000009vJE9EAM' }),
      token,
      422,
    ],
    [
      'the secret is too short',
      { secrets: { 'salesforce-secret': 'tooshort' } },
      message(),
      token,
      503,
    ],
  ])('is not acknowledged where %s', async (_what, options, body, pathToken, status) => {
    const { crmChange, changes } = webhook(options);
    const answer = await crmChange(posted(body, pathToken));
    expect([answer.statusCode, isAcknowledged(answer)]).toEqual([status, false]);
    expect(changes()).toEqual([]);
  });

  it('is not parsed before it is known to be genuine', async () => {
    const { crmChange } = webhook();
    const answer = await crmChange(posted('<!DOCTYPE x [', 'a-token-of-somebody-else-altogether'));
    expect(answer.statusCode).toBe(401);
  });

  it.each([
    ['text/xml', 200],
    ['text/xml; charset=utf-8', 200],
    ['TEXT/XML;charset="UTF-8"', 200],
    ['text/xml; charset=ISO-8859-1', 415],
    ['application/xml', 415],
    ['application/json', 415],
  ])('of the type %s is answered with %i', async (contentType, status) => {
    const answer = await webhook().crmChange(posted(message(), token, contentType));
    expect(answer.statusCode).toBe(status);
  });

  it('does not pass on its session id and free text', async () => {
    const { crmChange, sent, reports } = webhook();
    const answer = await crmChange(posted(fixture('salesforce-outbound/created.xml')));
    const all = JSON.stringify([answer, sent, reports]);
    expect(all).toContain(id);
    expect(all).not.toMatch(/PHI|ARMAQ|chest|Jane/);
  });
});

describe('the organisation of a message', () => {
  const from = (organizationId: string, configured: string) =>
    outcomeOf(
      message([record()], { organizationId }),
      SourceConfig.parse({ ...settings, organizationId: configured, taskAttribute: 'a' }),
    );

  it('is the one that is set, with 15 characters or 18', () => {
    const short = organisation.slice(0, 15);
    for (const sent of [short, organisation]) {
      for (const set of [short, organisation]) {
        expect(from(sent, set).findings).toHaveLength(1);
      }
    }
  });

  it.each(['00Dxx0000001gPf', '00Dxx0000001gPG', '00dxx0000001gpfeay', '', 'Jane Doe'])(
    'is not %j: that message is refused by the name of the field',
    (sent) => {
      const { outcome, problems } = from(sent, organisation);
      expect(outcome).toBe('invalid');
      expect(problems.map(({ field }) => field)).toEqual([`${path}.om:OrganizationId`]);
      expect(JSON.stringify(problems)).not.toMatch(/Jane|00d/i);
    },
  );

  it('must be given once', () => {
    const twice = message().replace(
      '<OrganizationId>',
      '<OrganizationId>00D25000009vJE9EAM</OrganizationId><OrganizationId>',
    );
    const none = message().replace(/<OrganizationId>.*<\/OrganizationId>/, '');
    for (const xml of [twice, none]) {
      expect(outcomeOf(xml).problems.map(({ field }) => field)).toEqual([
        `${path}.om:OrganizationId`,
      ]);
    }
  });
});

describe('a notification', () => {
  const present = { kind: 'present', id, version: String(occurredAt), occurredAt };

  it.each([
    ['a Task', taskSid, { taskSid }],
    ['a call', callSid, { callSid }],
    ['a conversation', conversationSid, { conversationSid }],
    ['a call in CDATA', `<![CDATA[${callSid}]]>`, { callSid }],
    ['a call in references', callSid.replaceAll('b', '&#98;'), { callSid }],
    ['a call with spaces around it', `\n ${callSid} `, { callSid }],
  ])('puts the Case on the conversation of its field, which holds %s', (_what, value, sids) => {
    expect(normalise(message([record({ [sidField]: value })]))).toEqual([
      { ...present, sids, exclusive: true },
    ]);
  });

  it.each([
    ['left out, as Salesforce does with what is empty', {}],
    ['empty', { [sidField]: '' }],
    ['no SID', { [sidField]: 'n/a' }],
  ])('takes the Case off every conversation by a SID where its field is %s', (_what, fields) => {
    expect(normalise(message([record(fields)]))).toEqual([
      { ...present, sids: {}, exclusive: true },
    ]);
  });

  it('leaves it to the Task attribute where no field is set', () => {
    expect(normalise(message(), withoutField)).toEqual([{ ...present, sids: {} }]);
    expect(normalise(message([record({ [sidField]: callSid })]), withoutField)).toEqual([
      { ...present, sids: {} },
    ]);
  });

  it('is ordered by SystemModstamp, and by LastModifiedDate where that is not selected', () => {
    const later = '2026-11-22T09:31:00.000Z';
    const versions = (fields: Fields) =>
      normalise(message([record(fields)]), withoutField).map((finding) =>
        'version' in finding ? finding.version : finding.kind,
      );
    expect(versions({ SystemModstamp: later })).toEqual([String(Date.parse(later))]);
    expect(versions({ LastModifiedDate: later })).toEqual([String(occurredAt)]);
    expect(versions({ SystemModstamp: undefined, LastModifiedDate: later })).toEqual([
      String(Date.parse(later)),
    ]);
    expect(versions({ SystemModstamp: '2026-11-22T09:30:00.123Z' })).toEqual([
      String(occurredAt + 123),
    ]);
  });

  it('of a record that was deleted while it waited is ignored', () => {
    for (const empty of ['<sObject xsi:nil="true"/>', '<sObject></sObject>', '<sObject/>']) {
      expect(normalise(message([empty]))).toMatchObject([{ kind: 'ignored' }]);
    }
    // Without the element nothing is known of the record: it must not be acknowledged.
    expect(normalise(message(['']))).toMatchObject([{ kind: 'invalid' }]);
  });

  it('may be one of a hundred', () => {
    const records = Array.from({ length: 100 }, (_, at) =>
      record({ Id: `500x0000000${1000 + at}`, [sidField]: callSid }),
    );
    const tickets = normalise(message(records)).map((finding) => 'id' in finding && finding.id);
    expect(new Set(tickets).size).toBe(100);
    expect(() => normalise(message([]))).toThrow(HttpError);
  });

  it.each([
    ['no times', { SystemModstamp: undefined, LastModifiedDate: undefined }, 'sf:SystemModstamp'],
    ['a time that is none', { SystemModstamp: 'yesterday' }, 'sf:SystemModstamp'],
    ['an empty time', { SystemModstamp: '' }, 'sf:SystemModstamp'],
    ['an older time that is none', { LastModifiedDate: '22/11/2026' }, 'sf:LastModifiedDate'],
    ['no id', { Id: undefined }, 'sf:Id'],
    ['an id that is none', { Id: '500' }, 'sf:Id'],
    ['an id with elements in it', { Id: `<sf:Id>${id}</sf:Id>` }, 'sf:Id'],
    ['two ids', { Status: `x</sf:Status><sf:Id>${id}</sf:Id><sf:Status>` }, 'sf:Id'],
    [
      'two SystemModstamps',
      { Status: `x</sf:Status><sf:SystemModstamp>${time}</sf:SystemModstamp><sf:Status>` },
      'sf:SystemModstamp',
    ],
  ])('with %s is refused by the name of the field', (_what, fields, field) => {
    const { findings } = outcomeOf(message([record(fields)]));
    expect(findings).toMatchObject([
      { kind: 'invalid', problems: [{ field: `${path}.om:Notification[0].om:sObject.${field}` }] },
    ]);
  });

  it('without times says which field to select', () => {
    const xml = message([record({ SystemModstamp: undefined, LastModifiedDate: undefined })]);
    expect(JSON.stringify(outcomeOf(xml).findings)).toMatch(/select SystemModstamp/);
  });
});

describe('the XML of a message', () => {
  const body = message([record({ [sidField]: callSid })]);
  const expected = normalise(body);

  it.each([
    ['other prefixes', body.replaceAll('soapenv:', 's:').replaceAll(':soapenv', ':s')],
    [
      'prefixes that are exchanged',
      body.replaceAll('sf:', 'soapenv:').replace(':sf=', ':soapenv='),
    ],
    [
      'no prefix for the fields',
      body
        .replaceAll(/<sf:(\w+)>/g, '<$1 xmlns="urn:sobject.enterprise.soap.sforce.com">')
        .replaceAll('</sf:', '</'),
    ],
    [
      'a prefix for the message',
      body
        .replace('<notifications xmlns=', '<om:notifications xmlns:om=')
        .replace('</notifications>', '</om:notifications>')
        .replaceAll(
          /<(\/?)(OrganizationId|ActionId|SessionId|Notification|Id|sObject)\b/g,
          '<$1om:$2',
        ),
    ],
    ['no declaration at its head', body.replace(/^<\?xml.*\?>\n/, '')],
    ['line ends of Windows', body.replaceAll('\n', '\r\n')],
    ['no white space', body.replaceAll(/>\s+</g, '><')],
    ['comments and instructions', body.replaceAll('<sf:', '<!-- x --><?x y?><sf:')],
    [
      'a SOAP header',
      body.replace('<soapenv:Body>', '<soapenv:Header><x/></soapenv:Header><soapenv:Body>'),
    ],
    ['fields of other namespaces', body.replaceAll('<sf:Id>', '<Id>003</Id><sf:Id>')],
  ])('says the same with %s', (_what, xml) => {
    expect(xml).not.toBe(body);
    expect(normalise(xml)).toEqual(expected);
  });

  it.each([
    [
      'SOAP 1.2',
      body.replace('schemas.xmlsoap.org/soap/envelope/', 'www.w3.org/2003/05/soap-envelope'),
    ],
    ['another namespace', body.replace('2005/09/outbound', '2005/09/inbound')],
    ['another outer element', '<x/>'],
    ['an empty body', body.replace(/<notifications[\s\S]*<\/notifications>/, '')],
    ['two messages', body.replace(/<notifications[\s\S]*<\/notifications>/, '$&$&')],
    ['a SOAP fault', body.replace(/<notifications[\s\S]*<\/notifications>/, '<soapenv:Fault/>')],
  ])('is not taken with %s', (_what, xml) => {
    expect(xml).not.toBe(body);
    expect(outcomeOf(xml).outcome).toBe('invalid');
  });

  it.each([
    ['a document type', body.replace('?>', '?><!DOCTYPE x>')],
    [
      'an entity for the id',
      body.replace('?>', `?><!DOCTYPE x [<!ENTITY i "${id}">]>`).replace(id, '&i;'),
    ],
    [
      'a file for the id',
      body.replace('?>', '?><!DOCTYPE x [<!ENTITY i SYSTEM "file:///x">]>').replace(id, '&i;'),
    ],
    ['nested tags', `${'<x>'.repeat(68_000)}`],
  ])('is not well-formed with %s', (_what, xml) => {
    expect(outcomeOf(xml).outcome).toBe('malformed');
  });

  it('comes to findings or to a refusal, wherever it is spoilt', () => {
    const part = fc.constantFrom('<', '>', '</sf:Id>', '<sf:Id>', '&', '"', '', 'x', '<sObject/>');
    fc.assert(
      fc.property(fc.nat(body.length), fc.nat(40), part, (at, length, inserted) => {
        const spoilt = body.slice(0, at) + inserted + body.slice(at + length);
        expect(['read', 'malformed', 'invalid']).toContain(outcomeOf(spoilt).outcome);
      }),
    );
  });
});
