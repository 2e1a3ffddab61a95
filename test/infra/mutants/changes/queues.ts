// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, renamed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { argument, call, property, variable } from '../places.ts';

export const queueChanges = [
  ...changesTo('infra/components/redrivable-queue.ts', [
    ['Queues are encrypted', [variable('queue'), property('kmsMasterKeyId')], removed],
    [
      'Dead letters are encrypted with our key',
      [variable('deadLetterQueue'), property('kmsMasterKeyId')],
      to("'alias/aws/sqs'"),
    ],
    [
      'Dead letters are kept longer than messages',
      [variable('deadLetterQueue'), property('messageRetentionSeconds')],
      to('queueRetentionSeconds'),
    ],
    [
      'Queues have a dead-letter queue',
      [variable('queue'), property('redrivePolicy')],
      renamed('fifoThroughputLimit'),
    ],
    ['Dead letters come from one queue', [property('redrivePermission')], to("'allowAll'")],
    [
      'The dead-letter queue denies plain HTTP',
      [call('this.requireTls', undefined, 'deadLetterQueue')],
      to('undefined'),
    ],
    [
      'Dead letters are kept if configured',
      [variable('deadLetterQueue'), property('retainOnDelete')],
      removed,
    ],
    [
      'The queue keeps its logical name',
      [variable('queue'), argument('new Queue', 0)],
      to('`${name}-queue`'),
    ],
  ]),
  ...changesTo('infra/components/event-dead-letter-queue.ts', [
    ['Event dead letters are encrypted', [property('kmsMasterKeyId')], removed],
    ['The event dead-letter queue denies plain HTTP', [call('denyPlainHttp')], removed],
    [
      'Only rules of the stack send event dead letters',
      [variable('fromRules'), property('Condition')],
      removed,
    ],
    ['Event dead letters may be as large as events', [property('maxMessageSize')], removed],
  ]),
  ...changesTo('infra/components/queue-worker.ts', [
    [
      'SQS delivers only the failed messages of a batch again',
      [property('functionResponseTypes')],
      removed,
    ],
    ['Concurrency is limited', [property('scalingConfig')], removed],
  ]),
];
