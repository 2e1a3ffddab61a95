import { expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { sources } from './sources.ts';

const organisation = '00Dxx0000001gPFEAY';
const caseField = {
  valid: [undefined, 'Twilio_Conversation_SID__c', 'acme__Call__c', 'SourceId'],
  wrong: ['', 'Twilio SID', 'Account.Name', '1st__c', 'a-b', '__proto__', 7, null],
};

it.each([
  {
    kind: 'dynamics',
    name: 'sidColumn',
    valid: [undefined, 'new_twiliosid'],
    wrong: ['', 'Twilio SID', 'new_TwilioSid', '_sid', 7],
  },
  { kind: 'hubspot', name: 'portalId', valid: ['62515', 62515], wrong: [undefined, 'acme', ''] },
  {
    kind: 'hubspot',
    name: 'sidProperty',
    valid: [undefined, 'twilio_sid'],
    wrong: ['Twilio SID', ''],
  },
  {
    kind: 'hubspot',
    name: 'webhookUrl',
    valid: [undefined, 'https://CRM.example.com/hubspot?a=%3A'],
    wrong: ['http://crm.example.com/hubspot', 'crm.example.com'],
  },
  {
    kind: 'intercom',
    name: 'appId',
    valid: ['abc123de', 12345],
    wrong: [undefined, '', 7.5, null, 'a/b', 'https://app.intercom.com/a/apps/abc123de'],
  },
  { kind: 'intercom', name: 'sidAttribute', valid: [undefined, 'Twilio SID'], wrong: ['', 7] },
  {
    kind: 'jira',
    name: 'sidField',
    valid: [undefined, 'customfield_10101'],
    wrong: ['10101', 10101, 'customfield_', 'customfield_1a', 'Twilio SID', '', null],
  },
  { kind: 'salesforce', name: 'sidField', ...caseField },
  { kind: 'salesforce', name: 'secret', valid: [undefined], wrong: ['x'] },
  { kind: 'salesforce-outbound', name: 'sidField', ...caseField },
  {
    kind: 'salesforce-outbound',
    name: 'organizationId',
    valid: [organisation, organisation.slice(0, 15)],
    wrong: ['00Dxx0000001gPFEAZ', '001xx000003DGb4AAG', '00D', '', undefined],
  },
  {
    kind: 'servicenow',
    name: 'ticketId',
    valid: [undefined, 'sys_id', 'number'],
    wrong: ['id', ''],
  },
  {
    kind: 'standard-webhooks',
    name: 'idPattern',
    valid: [
      ...[
        undefined,
        '[0-9]+',
        '(?:INC|REQ)-\\d{6}',
        'CASE(-[0-9]+)?',
        '[(+*?|]{3}\\(\\+\\*\\|\\?a+',
      ],
      ...['\\p{L}\\u{61}', 'a*b*c{1,9}', 'a|b|c|d|e|f|g|h|i'],
    ],
    wrong: [
      ...[7, '', '[', 'a)|(b', '/a/', '(a+)+', '(a|b)*', '(a|a){9}', '(a)\\1', '(?=a)a', '(?<!a)b'],
      ...['(?<n>a)\\k<n>', 'a*b*c*d?', 'a|b|c|d|e|f|g|h|i|j', 'a'.repeat(101)],
    ],
  },
])('$name of $kind', ({ kind, name, valid, wrong }) => {
  const config = sources.find((one) => one.kind === kind)?.config;
  const parse = (value: unknown) => SourceConfig.safeParse({ ...config, [name]: value });
  for (const value of valid) {
    const { data, success } = parse(value);
    expect([value, success]).toEqual([value, true]);
    // A configuration may be parsed twice.
    expect(SourceConfig.parse(data)).toEqual(data);
  }
  for (const value of wrong) {
    const paths = parse(value).error?.issues.map(({ path }) => path.join('.'));
    expect([value, paths]).toEqual([value, [name]]);
  }
});
