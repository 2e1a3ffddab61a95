import { changesTo, type Mutant } from '../mutant.ts';

export const programChanges = [
  ...changesTo('infra/index.ts', [
    [
      'A flood at the door leaves the sync its concurrency',
      'limits.reserveConcurrency ? concurrency : undefined',
      'undefined',
    ],
    [
      'Instances are as many as Twilio’s requests allow',
      'maximumConcurrency: instances',
      'maximumConcurrency: 2 * instances',
    ],
    ['A large batch waits for its messages', 'batchWindowSeconds: 1', 'batchWindowSeconds: 0'],
    ['Everything is tagged', 'tagEverything({', 'Object({'],
    [
      'No output is a secret',
      'export const { workspaceSid, taskRouterUrl } = twilio;',
      'export const { workspaceSid, taskRouterUrl, apiSecret } = twilio;',
    ],
    [
      'A function reads its own secrets alone',
      'signingSecrets: Object.values(stored.signing)',
      'signingSecrets: [...Object.values(stored.signing), stored.twilio]',
    ],
  ]),
  ...changesTo('infra/tags.ts', [['The stack’s tags are given', '...tags, ', '']]),
  ...changesTo('infra/config/sections.ts', [
    [
      'Concurrency is kept where nothing else is said',
      'reserveConcurrency: yesOrNo().default(true)',
      'reserveConcurrency: yesOrNo().default(false)',
    ],
  ]),
];

/** What the components refuse, before there is anything to rule on. */
export const rejectedChanges: readonly Mutant[] = [
  {
    what: 'A message stays hidden for the time of the function that takes it',
    file: 'infra/index.ts',
    find: 'consumerTimeoutSeconds: syncTimeoutSeconds',
    replace: 'consumerTimeoutSeconds: 10',
    caughtBy: 'the program itself',
  },
  {
    what: 'A function that takes events keeps those that it fails on',
    file: 'infra/functions.ts',
    find: 'deadLetters: args.deadEvents,',
    replace: '',
    caughtBy: 'the program itself',
  },
];
