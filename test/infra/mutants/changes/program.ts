import { preceded, removed, to } from '../edits.ts';
import { changesTo, type Mutant } from '../mutant.ts';
import { call, code, func, property, spread, statement } from '../places.ts';

export const programChanges = [
  ...changesTo('infra/index.ts', [
    [
      'A flood of webhooks leaves sync its concurrency',
      [func('reserved'), code('limits.reserveConcurrency ? concurrency : undefined')],
      to('undefined'),
    ],
    [
      'The limit of requests to Twilio bounds the instances',
      [call('new QueueWorker'), property('maximumConcurrency')],
      to('2 * instances'),
    ],
    ['A large batch waits for its messages', [property('batchWindowSeconds')], to('0')],
    ['All resources are tagged', [call('tagAllResources')], to('undefined')],
    [
      'No output is a secret',
      [statement('queueUrl')],
      preceded('export const { apiSecret } = twilio;\n\n'),
    ],
    [
      'A function reads its own secrets only',
      [call('crmChangeFunction'), property('signingSecrets')],
      to('[...Object.values(storedSecrets.signing), storedSecrets.twilio]'),
    ],
  ]),
  ...changesTo('infra/tags.ts', [
    ['Resources get the tags of the stack', [spread('tags')], removed],
  ]),
  ...changesTo('infra/config/sections.ts', [
    [
      'Concurrency is reserved by default',
      [property('reserveConcurrency'), code('true')],
      to('false'),
    ],
  ]),
];

/** The components reject these, so that no rule sees them. */
export const rejectedChanges: readonly Mutant[] = [
  ...changesTo('infra/index.ts', [
    [
      'The visibility timeout fits the timeout of the consumer',
      [property('consumerTimeoutSeconds')],
      to('10'),
    ],
  ]),
  ...changesTo('infra/functions.ts', [
    ['crm-change has a dead-letter queue for events', [property('deadLetterQueue')], removed],
  ]),
].map((mutant) => ({ ...mutant, caughtBy: 'the program itself' }));
