import { expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { sources } from './sources.ts';

const organisation = '00Dxx0000001gPFEAY';
const caseField = {
  valid: [undefined, 'Twilio_Conversation_SID__c', 'acme__Call__c', 'SourceId'],
  invalid: ['', 'Twilio SID', 'Account.Name', '1st__c', 'a-b', '__proto__', 7, null],
};

it.each([
  {
    kind: 'dynamics',
    setting: 'sidColumn',
    valid: [undefined, 'new_twiliosid'],
    invalid: ['', 'Twilio SID', 'new_TwilioSid', '_sid', 7],
  },
  {
    kind: 'hubspot',
    setting: 'portalId',
    valid: ['62515', 62515],
    invalid: [undefined, 'acme', ''],
  },
  {
    kind: 'hubspot',
    setting: 'sidProperty',
    valid: [undefined, 'twilio_sid'],
    invalid: ['Twilio SID', ''],
  },
  {
    kind: 'hubspot',
    setting: 'webhookUrl',
    valid: [undefined, 'https://CRM.example.com/hubspot?a=%3A'],
    invalid: ['http://crm.example.com/hubspot', 'crm.example.com'],
  },
  {
    kind: 'intercom',
    setting: 'appId',
    valid: ['abc123de', 12345],
    invalid: [undefined, '', 7.5, null, 'a/b', 'https://app.intercom.com/a/apps/abc123de'],
  },
  {
    kind: 'intercom',
    setting: 'sidAttribute',
    valid: [undefined, 'Twilio SID'],
    invalid: ['', 7],
  },
  {
    kind: 'jira',
    setting: 'sidField',
    valid: [undefined, 'customfield_10101'],
    invalid: ['10101', 10101, 'customfield_', 'customfield_1a', 'Twilio SID', '', null],
  },
  { kind: 'salesforce', setting: 'sidField', ...caseField },
  { kind: 'salesforce', setting: 'secret', valid: [undefined], invalid: ['x'] },
  { kind: 'salesforce-outbound', setting: 'sidField', ...caseField },
  {
    kind: 'salesforce-outbound',
    setting: 'organizationId',
    valid: [organisation, organisation.slice(0, 15)],
    invalid: ['00Dxx0000001gPFEAZ', '001xx000003DGb4AAG', '00D', '', undefined],
  },
  {
    kind: 'servicenow',
    setting: 'ticketId',
    valid: [undefined, 'sys_id', 'number'],
    invalid: ['id', ''],
  },
  {
    kind: 'standard-webhooks',
    setting: 'idPattern',
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
    invalid: [
      ...[7, '', '[', 'a)|(b', '/a/', '(a+)+', '(a|b)*', '(a|a){9}', '(a)\\1', '(?=a)a', '(?<!a)b'],
      ...['(?<n>a)\\k<n>', 'a*b*c*d?', 'a|b|c|d|e|f|g|h|i|j', 'a'.repeat(101)],
    ],
  },
])('$setting of $kind', ({ kind, setting, valid, invalid }) => {
  const config = sources.find((one) => one.kind === kind)?.config;
  const parse = (value: unknown) => SourceConfig.safeParse({ ...config, [setting]: value });
  for (const value of valid) {
    const { data, success } = parse(value);
    expect([value, success]).toEqual([value, true]);
    // A configuration may be parsed twice.
    expect(SourceConfig.parse(data)).toEqual(data);
  }
  for (const value of invalid) {
    const paths = parse(value).error?.issues.map(({ path }) => path.join('.'));
    expect([value, paths]).toEqual([value, [setting]]);
  }
});
