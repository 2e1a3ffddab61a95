// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { call, code, func, object, property } from '../places.ts';

export const alarmChanges = [
  ...changesTo('infra/components/alarms.ts', [
    ['Alarms are encrypted', [call('new Topic'), property('kmsMasterKeyId')], removed],
    [
      'The topic denies plain HTTP',
      [object('Sid', "'DenyInsecureTransport'"), property('Effect')],
      to("'Allow'"),
    ],
    [
      'The topic accepts its own alarms only',
      [object('Sid', "'Alarms'"), property('Condition')],
      removed,
    ],
    [
      'The topic accepts alarms of its own stack only',
      [func('alarmArns'), code('`arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`')],
      to('`arn:${partition}:cloudwatch:${region}:${account}:alarm:*`'),
    ],
    [
      'The topic accepts alarms only',
      [object('Sid', "'Alarms'"), property('Principal')],
      to("{ AWS: '*' }"),
    ],
    ['Alarms go to the topic', [property('alarmActions')], to('[]')],
    [
      'Alarms link to the runbook',
      [property('alarmDescription')],
      to('`${description} #${runbookAnchor}`'),
    ],
    [
      'The configured address receives alarms',
      [code('args.email !== undefined')],
      to("args.email === ''"),
    ],
  ]),
  ...changesTo('infra/index.ts', [
    ['Alarms have a key of their own', [call('new Alarms'), property('key')], to('key')],
  ]),
  ...changesTo('infra/alarms/all-alarms.ts', [
    [
      'There is an alarm for a function that fails',
      [property('crm-change-errors'), code("'Errors'")],
      to("'Invocations'"),
    ],
  ]),
  ...changesTo('infra/alarms/link-alarms.ts', [
    [
      'There is an alarm for dead letters',
      [property('dead-letters'), code('names.deadLetterQueue')],
      to('names.queue'),
    ],
  ]),
];
