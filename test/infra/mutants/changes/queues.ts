// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, renamed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { argument, call, variable } from '../../../../tools/mutants/places.ts';

export const queueChanges = [
  ...changesTo('infra/components/redrivable-queue.ts', [
    ['Queues are encrypted', [variable('queue'), 'kmsMasterKeyId'], removed],
    [
      'Dead letters are encrypted with our key',
      [variable('deadLetterQueue'), 'kmsMasterKeyId'],
      "'alias/aws/sqs'",
    ],
    [
      'Dead letters are kept longer than messages',
      [variable('deadLetterQueue'), 'messageRetentionSeconds'],
      'queueRetentionSeconds',
    ],
    [
      'Queues have a dead-letter queue',
      [variable('queue'), 'redrivePolicy'],
      renamed('fifoThroughputLimit'),
    ],
    ['Dead letters come from one queue', ['redrivePermission'], "'allowAll'"],
    [
      'The dead-letter queue denies plain HTTP',
      [call('this.requireTls', undefined, 'deadLetterQueue')],
      'undefined',
    ],
    ['Dead letters stay if configured', [variable('deadLetterQueue'), 'retainOnDelete'], removed],
    ['The queue keeps its name', [variable('queue'), argument('new Queue', 0)], '`${name}-queue`'],
  ]),
  ...changesTo('infra/components/event-dead-letter-queue.ts', [
    ['Event dead letters are encrypted', ['kmsMasterKeyId'], removed],
    ['The event dead-letter queue denies plain HTTP', [call('denyPlainHttp')], removed],
    ['Only our rules send event dead letters', [variable('fromRules'), 'Condition'], removed],
    ['Event dead letters may be as large as events', ['maxMessageSize'], removed],
  ]),
  ...changesTo('infra/components/queue-worker.ts', [
    ['SQS delivers only the failed messages of a batch again', ['functionResponseTypes'], removed],
    ['Concurrency is limited', ['scalingConfig'], removed],
  ]),
];
