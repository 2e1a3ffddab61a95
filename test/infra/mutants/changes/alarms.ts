// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { call, code, func, object } from '../../../../tools/mutants/places.ts';

export const alarmChanges = [
  ...changesTo('infra/components/alarms.ts', [
    ['Alarms are encrypted', [call('new Topic'), 'kmsMasterKeyId'], removed],
    ['The topic denies HTTP', [object('Sid', "'DenyInsecureTransport'"), 'Effect'], "'Allow'"],
    ['The topic accepts its own alarms only', [object('Sid', "'Alarms'"), 'Condition'], removed],
    [
      'The topic accepts alarms of its own stack only',
      [func('alarmArns'), code('`arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`')],
      '`arn:${partition}:cloudwatch:${region}:${account}:alarm:*`',
    ],
    ['The topic accepts alarms only', [object('Sid', "'Alarms'"), 'Principal'], "{ AWS: '*' }"],
    ['Alarms go to the topic', ['alarmActions'], '[]'],
    ['Alarms link to the runbook', ['alarmDescription'], '`${description} #${runbookAnchor}`'],
    ['Alarms reach the address', [code('args.email !== undefined')], "args.email === ''"],
  ]),
  ...changesTo('infra/crm-media-sync.ts', [
    ['Alarms have a key of their own', [call('new Alarms'), 'key'], 'key'],
  ]),
  ...changesTo('infra/alarms/all-alarms.ts', [
    ['A failing function has an alarm', ['crm-change-errors', code("'Errors'")], "'Invocations'"],
  ]),
  ...changesTo('infra/alarms/link-alarms.ts', [
    ['Dead letters have an alarm', ['dead-letters', code('names.deadLetterQueue')], 'names.queue'],
  ]),
];
