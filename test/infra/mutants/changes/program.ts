import { preceded, removed } from '../../../../tools/mutants/edits.ts';
import { changesTo, type Mutant } from '../../../../tools/mutants/mutant.ts';
import { call, code, spread, variable } from '../../../../tools/mutants/places.ts';

export const programChanges = [
  ...changesTo('infra/crm-media-sync.ts', [
    [
      'A flood of webhooks leaves sync its concurrency',
      [variable('reserved'), code('limits.reserveConcurrency ? concurrency : undefined')],
      'undefined',
    ],
    [
      'The limit of requests to Twilio bounds the instances',
      [call('new QueueWorker'), 'maximumConcurrency'],
      '2 * instances',
    ],
    ['A large batch waits for its messages', ['batchWindowSeconds'], '0'],
    ['All resources are tagged', [call('addTags')], '() => undefined'],
    ['No output is a secret', ['queueUrl'], preceded('apiSecret: twilio.apiSecret,')],
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
