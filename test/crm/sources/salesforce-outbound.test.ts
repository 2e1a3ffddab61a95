import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { parseXml } from '../../../shared/crm/parse/xml.ts';
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
const soap = 'http://schemas.xmlsoap.org/soap/envelope/';
const om = 'http://soap.sforce.com/2005/09/outbound';
const organisation = '00Dxx0000001gPFEAY';
const otherOrganisation = '00D25000009vJE9EAM';
const id = '500x000000003TRAAY';
const token = 'c8a4b1f0e2d94c7f8a6b5e3d2c1f0a9b';
const settings = {
  kind: 'salesforce-outbound',
  ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
  organizationId: organisation,
  secret: 'stored',
};
const config = SourceConfig.parse({ ...settings, sidField });
const withoutField = SourceConfig.parse({ ...settings, taskAttribute: 'sfdcObjectId' });

const time = '2026-11-22T09:30:00.000Z';
const occurredAt = Date.parse(time);

type Fields = Readonly<Record<string, string | undefined>>;

/** What a notification says about a Case; a field that is undefined is left out. */
const record = (fields: Fields = {}): string => {
  const all = { Id: id, SystemModstamp: time, LastModifiedDate: time, ...fields };
  const inner = Object.entries(all).map(([name, value]) =>
    value === undefined ? '' : `<sf:${name}>${value}</sf:${name}>`,
  );
  return `<sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${inner.join('')}</sObject>`;
};

const message = (records: readonly string[] = [record()], organizationId = organisation): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="${soap}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="${om}">
   <OrganizationId>${organizationId}</OrganizationId>
   <ActionId>04kxx00000000blAAA</ActionId>
   <SessionId xsi:nil="true"/>
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
    secrets: { stored: token },
    ...options,
  });

const posted = (body: string, pathToken = token) =>
  apiGatewayEvent(body, {
    path: `/webhooks/crm/${pathToken}`,
    headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
  });

/** What Salesforce looks for: 200 and this, in its own namespace. */
const isAcknowledged = ({ statusCode, body = '' }: APIGatewayProxyStructuredResultV2): boolean =>
  statusCode === 200 && /<Ack>true<\/Ack>/.test(body);

describe('an outbound message', () => {
  it.each(['several', 'contact'])('%s.xml is acknowledged as the WSDL asks for', async (file) => {
    const answer = await webhook().crmChange(posted(fixture(`salesforce-outbound/${file}.xml`)));
    expect(isAcknowledged(answer)).toBe(true);
    expect(answer.headers?.['content-type']).toMatch(/^text\/xml/);
    expect(parseXml(Buffer.from(answer.body ?? ''), { soap, om })).toEqual({
      'soap:Envelope': { 'soap:Body': { 'om:notificationsResponse': { 'om:Ack': 'true' } } },
    });
  });

  it('is not acknowledged if one notification cannot be read, and the others are queued', async () => {
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
    ['the body is cut off', {}, message().slice(0, -5), token, 400],
    // It is not parsed before it is known to be genuine.
    ['the token is another', {}, '<!DOCTYPE x [', 'a-token-of-somebody-else-altogether', 401],
  ])('is not acknowledged if %s', async (_what, options, body, pathToken, status) => {
    const answer = await webhook(options).crmChange(posted(body, pathToken));
    expect([answer.statusCode, isAcknowledged(answer)]).toEqual([status, false]);
  });
});

describe('the organisation of a message', () => {
  const short = organisation.slice(0, 15);
  const from = (organizationId: string, configured = organisation) =>
    outcomeOf(
      message([record()], organizationId),
      SourceConfig.parse({ ...settings, organizationId: configured }),
    );
  const refused = [{ field: `${path}.om:OrganizationId` }];

  it('is the one that is set, with 15 characters or 18', () => {
    for (const sent of [short, organisation]) {
      for (const set of [short, organisation]) expect(from(sent, set).findings).toHaveLength(1);
    }
  });

  it.each(['00Dxx0000001gPf', '00Dxx0000001gPG', '00dxx0000001gpfeay', '', 'Jane Doe'])(
    'is not %j: that message is refused by the name of the field',
    (sent) => {
      const { outcome, problems } = from(sent);
      expect(outcome).toBe('invalid');
      expect(problems).toMatchObject(refused);
      expect(JSON.stringify(problems)).not.toMatch(/Jane|00d/i);
    },
  );

  it('must be given once', () => {
    const twice = `<OrganizationId>${otherOrganisation}</OrganizationId><OrganizationId>`;
    expect(outcomeOf(message().replace('<OrganizationId>', twice)).problems).toMatchObject(refused);
    const none = message().replace(/<OrganizationId>.*<\/OrganizationId>/, '');
    expect(outcomeOf(none).problems).toMatchObject(refused);
  });
});

describe('a notification', () => {
  const present = { kind: 'present', id, version: String(occurredAt), occurredAt };

  const sidIn = (fields: Fields, configured = config) =>
    normalise(message([record(fields)]), configured);

  it.each([
    ['a Task', taskSid, { taskSid }],
    ['a conversation', conversationSid, { conversationSid }],
    ['a call with spaces around it', `\n ${callSid} `, { callSid }],
    ['nothing', '', {}],
    ['no SID', 'n/a', {}],
  ])('puts the Case on the conversation of its field alone, which holds %s', (_what, sid, sids) => {
    expect(sidIn({ [sidField]: sid })).toEqual([{ ...present, sids, exclusive: true }]);
  });

  it('uses the Task attribute if no field is set', () => {
    expect(sidIn({}, withoutField)).toEqual([{ ...present, sids: {} }]);
    expect(sidIn({ [sidField]: callSid }, withoutField)).toEqual([{ ...present, sids: {} }]);
  });

  const later = '2026-11-22T09:31:00.123Z';

  it.each([
    [{ SystemModstamp: later }, later],
    [{ LastModifiedDate: later }, time],
    [{ SystemModstamp: undefined, LastModifiedDate: later }, later],
  ])('with the times %j has the version of %s', (fields, version) => {
    expect(sidIn(fields)).toMatchObject([{ version: String(Date.parse(version)) }]);
  });

  it('of a record that was deleted while it waited is ignored', () => {
    for (const empty of ['<sObject xsi:nil="true"/>', '<sObject></sObject>', '<sObject/>']) {
      expect(normalise(message([empty]))).toMatchObject([{ kind: 'ignored' }]);
    }
    // Without the element nothing is known of the record: it must not be acknowledged.
    expect(normalise(message(['']))).toMatchObject([{ kind: 'invalid' }]);
  });

  const second = (name: string, value: string) =>
    `x</sf:Status><sf:${name}>${value}</sf:${name}><sf:Status>`;

  it.each([
    ['no times', { SystemModstamp: undefined, LastModifiedDate: undefined }, 'sf:SystemModstamp'],
    ['a time that is none', { SystemModstamp: 'yesterday' }, 'sf:SystemModstamp'],
    ['an empty time', { SystemModstamp: '' }, 'sf:SystemModstamp'],
    ['an older time that is none', { LastModifiedDate: '22/11/2026' }, 'sf:LastModifiedDate'],
    ['no id', { Id: undefined }, 'sf:Id'],
    ['an id that is none', { Id: '500' }, 'sf:Id'],
    ['an id with elements in it', { Id: `<sf:Id>${id}</sf:Id>` }, 'sf:Id'],
    ['two ids', { Status: second('Id', id) }, 'sf:Id'],
    ['two SystemModstamps', { Status: second('SystemModstamp', time) }, 'sf:SystemModstamp'],
  ])('with %s is refused by the name of the field', (what, fields, field) => {
    const { findings } = outcomeOf(message([record(fields)]));
    if (what === 'no times') expect(JSON.stringify(findings)).toMatch(/select SystemModstamp/);
    expect(findings).toMatchObject([
      { kind: 'invalid', problems: [{ field: `${path}.om:Notification[0].om:sObject.${field}` }] },
    ]);
  });
});

describe('the XML of a message', () => {
  const body = message([record({ [sidField]: callSid })]);
  const notifications = /<notifications[\s\S]*<\/notifications>/;

  it('says the same with a SOAP header', () => {
    const header = '<soapenv:Header><x/></soapenv:Header><soapenv:Body>';
    const xml = body.replace('<soapenv:Body>', header);
    expect(xml).not.toBe(body);
    expect(normalise(xml)).toEqual(normalise(body));
  });

  it.each([
    [
      'SOAP 1.2',
      body.replace('schemas.xmlsoap.org/soap/envelope/', 'www.w3.org/2003/05/soap-envelope'),
    ],
    ['another namespace', body.replace('2005/09/outbound', '2005/09/inbound')],
    ['no notification', message([])],
    ['two messages', body.replace(notifications, '$&$&')],
    ['a SOAP fault', body.replace(notifications, '<soapenv:Fault/>')],
  ])('is not taken with %s', (_what, xml) => {
    expect(xml).not.toBe(body);
    expect(outcomeOf(xml).outcome).toBe('invalid');
  });
});
