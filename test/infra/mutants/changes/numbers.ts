import { changesTo } from '../mutant.ts';

export const numberChanges = changesTo('shared/config/limits.ts', [
  [
    'A message stays hidden while it is worked on',
    '6 * functionTimeoutSeconds',
    '5 * functionTimeoutSeconds',
  ],
  [
    'SQS leaves giving up to the consumer',
    'Math.ceil(Math.max(2.5 * tries,',
    'Math.ceil(Math.min(tries,',
  ],
  ['SQS is as patient as the consumer', 'givenUpAfterSeconds / hiddenSeconds', '1'],
  [
    'Dead letters outlive messages',
    'queueRetentionSeconds = 4 * day',
    'queueRetentionSeconds = 14 * day',
  ],
  [
    'AWS keeps dead letters so long',
    'deadLetterRetentionSeconds = 14 * day',
    'deadLetterRetentionSeconds = 15 * day',
  ],
  ['Each Task takes two requests', 'requestsPerTask = 2', 'requestsPerTask = 1'],
  [
    'Requests to Twilio are rounded down',
    'Math.floor(concurrentRequests',
    'Math.ceil(concurrentRequests',
  ],
  ['A batch is done in time', 'slowTaskSeconds = 2', 'slowTaskSeconds = 1'],
  [
    'Evaluations are those of the account',
    'accountEvaluationsPerSecond = 3',
    'accountEvaluationsPerSecond = 4',
  ],
  [
    'The doors have an instance for each request of every sender’s burst',
    'senders * burst',
    'burst',
  ],
  [
    'Nobody who is wanted comes by no route',
    'strayRequests = { requestsPerSecond: 5,',
    'strayRequests = { requestsPerSecond: 10_000,',
  ],
]);
