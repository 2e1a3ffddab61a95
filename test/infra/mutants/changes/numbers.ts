import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { call, code, func, variable } from '../../../../tools/mutants/places.ts';

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
  ['Each Task takes two requests', [variable('requestsPerTask')], '1'],
  [
    'The concurrency of sync is rounded down',
    [func('syncConcurrency'), call('Math.floor')],
    'Math.ceil(concurrentRequests / (tasksInParallel * requestsPerTask))',
  ],
  ['A batch is done in time', [variable('slowTaskSeconds')], '1'],
  ['The account may evaluate three times a second', [variable('accountEvaluationsPerSecond')], '4'],
  [
    'There is an instance for each request of every burst',
    [func('webhookConcurrency'), code('senders * burst')],
    'burst',
  ],
  ['The default limits are low', [variable('defaultRouteThrottle'), 'requestsPerSecond'], '10_000'],
]);
