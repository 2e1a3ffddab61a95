// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

export const alarmChanges = [
  ...changesTo('infra/components/alarms.ts', [
    ['Alarms are encrypted', '{ kmsMasterKeyId: args.key.arn }', '{}'],
    ['The topic is closed to plain HTTP', "Effect: 'Deny'", "Effect: 'Allow'"],
    [
      'The topic is for alarms of the account',
      "Condition: { ArnLike: { 'aws:SourceArn': topic.arn.apply(alarmsBeside) } },",
      '',
    ],
    [
      'The topic is for alarms',
      "Principal: { Service: 'cloudwatch.amazonaws.com' },",
      "Principal: { AWS: '*' },",
    ],
    ['Somebody is told of alarms', 'alarmActions: [topic.arn]', 'alarmActions: []'],
    ['Alarms link to the runbook', ' ${args.runbookUrl}#', ' #'],
    ['Whoever is to be told is told', 'args.email !== undefined', "args.email === ''"],
  ]),
  ...changesTo('infra/alarms.ts', [
    ['A function that fails is noticed', "(crmChange, 'Errors')", "(crmChange, 'Invocations')"],
    ['Dead letters are noticed', 'watched.deadLetters,', 'watched.queue,'],
  ]),
];
