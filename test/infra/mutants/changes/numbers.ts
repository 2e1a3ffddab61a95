import { to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { call, code, func, property, variable } from '../places.ts';

export const numberChanges = changesTo('shared/config/limits.ts', [
  [
    'A message stays hidden while the function processes it',
    [func('visibilityTimeoutSeconds'), code('6')],
    to('5'),
  ],
  [
    'SQS waits as long as the consumer does',
    [func('maxReceiveCount'), code('giveUpAfterSeconds / visibilitySeconds')],
    to('1'),
  ],
  [
    'SQS keeps dead letters longer than messages',
    [variable('queueRetentionSeconds')],
    to('14 * day'),
  ],
  [
    'SQS supports the retention period of dead letters',
    [variable('deadLetterRetentionSeconds')],
    to('15 * day'),
  ],
  ['Each Task takes two requests', [variable('requestsPerTask')], to('1')],
  [
    'The concurrency of sync is rounded down',
    [func('syncConcurrency'), call('Math.floor')],
    to('Math.ceil(concurrentRequests / (tasksInParallel * requestsPerTask))'),
  ],
  ['A batch is done in time', [variable('slowTaskSeconds')], to('1')],
  [
    'The account may make three evaluations per second',
    [variable('accountEvaluationsPerSecond')],
    to('4'),
  ],
  [
    'There is an instance for each request of every burst',
    [func('webhookConcurrency'), code('senders * burst')],
    to('burst'),
  ],
  [
    'The default route has low limits',
    [variable('defaultRouteThrottle'), property('requestsPerSecond')],
    to('10_000'),
  ],
]);
