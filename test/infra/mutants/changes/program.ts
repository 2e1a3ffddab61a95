// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { preceded, removed } from '../../../../tools/mutants/edits.ts';
import { changesTo, type Mutant } from '../../../../tools/mutants/mutant.ts';
import { call, code, func, object, spread, variable } from '../../../../tools/mutants/places.ts';

export const programChanges = [
  ...changesTo('infra/crm-media-sync.ts', [
    [
      'A flood of webhooks leaves sync its concurrency',
      [variable('reserved'), code('limits.reserveConcurrency ? concurrency : undefined')],
      'undefined',
    ],
    [
      'The limit of requests to Twilio bounds each instance',
      [call('syncFunction'), 'concurrentRequests'],
      '2 * limits.twilioConcurrentRequests',
    ],
    ['All resources are tagged', [call('addTags')], '() => undefined'],
    ['No output is a secret', ['queueUrls'], preceded('apiSecret: twilio.apiSecret,')],
    [
      'A function reads its own secrets only',
      [call('crmChangeFunction'), 'signingSecrets'],
      '[...Object.values(storedSecrets.signing), storedSecrets.twilio]',
    ],
  ]),
  ...changesTo('infra/tags.ts', [
    ['Resources get the tags of the stack', [spread('tags')], removed],
  ]),
  ...changesTo('infra/config/sections.ts', [
    ['Concurrency is reserved by default', ['reserveConcurrency', code('true')], 'false'],
  ]),
];

/** The components reject these, so that no rule sees them. */
export const rejectedChanges: readonly Mutant[] = [
  ...changesTo('infra/crm-media-sync.ts', [
    ['The visibility timeout fits the timeout of the consumer', ['consumerTimeoutSeconds'], '10'],
  ]),
  ...changesTo('infra/functions.ts', [
    ['crm-change has a dead-letter queue for events', ['deadLetterQueue'], removed],
  ]),
].map((mutant) => ({ ...mutant, caughtBy: 'the program itself' }));

export const numberChanges = changesTo('shared/config/limits.ts', [
  [
    'A message stays hidden while the function processes it',
    [func('visibilityTimeoutSeconds'), code('6')],
    '5',
  ],
  [
    'SQS waits as long as the consumer does',
    [func('maxReceiveCount'), code('giveUpAfterSeconds / visibilitySeconds')],
    '1',
  ],
  ['SQS keeps dead letters longer than messages', [variable('queueRetentionSeconds')], '14 * day'],
  ['SQS can keep dead letters so long', [variable('deadLetterRetentionSeconds')], '15 * day'],
  ['Each Task takes three requests', [variable('requestsPerTask')], '1'],
  [
    'An invocation has its share only',
    [func('requestsInParallel'), variable('share')],
    'concurrentRequests',
  ],
  ['The account may evaluate three times a second', [variable('accountEvaluationsPerSecond')], '4'],
  [
    'There is an instance for each request of every burst',
    [func('webhookConcurrency'), code('senders * burst')],
    'burst',
  ],
  ['The default limits are low', [variable('defaultRouteThrottle'), 'requestsPerSecond'], '10_000'],
]);

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
  ...changesTo('infra/alarms/message-alarms.ts', [
    ['Dead letters have an alarm', ['dead-letters', code('names.deadLetterQueue')], 'names.queue'],
  ]),
];
