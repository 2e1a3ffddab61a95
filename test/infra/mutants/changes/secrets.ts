import { removed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { call, code, func } from '../../../../tools/mutants/places.ts';

export const secretChanges = [
  ...changesTo('infra/components/secrets.ts', [
    ['Secrets are encrypted with our key', [call('new Secret'), 'kmsKeyId'], removed],
    ['The description of a secret does not hold it', [call('new Secret'), 'description'], 'value'],
    [
      'Secrets that are being rotated out are stored',
      [call('store'), code('signingSecrets')],
      'signingSecrets.slice(0, 1)',
    ],
  ]),
  ...changesTo('infra/functions.ts', [
    ['The environment of sync holds no secret', ['TWILIO_SECRET'], 'twilio.apiSecret'],
    [
      'sync may send dead letters',
      [func('syncFunction'), call('maySend', 'changes.deadLetterQueue')],
      '[]',
    ],
    ['task-event has no secret in plain text', ['AUTH_TOKEN_SECRET'], 'String(twilio.authToken)'],
    [
      'task-event reads one secret',
      [func('taskEventFunction'), call('mayRead')],
      'mayRead([authToken, changes])',
    ],
    [
      'task-event sends to the queue only',
      [func('taskEventFunction'), call('maySend')],
      'maySend(changes.deadLetterQueue)',
    ],
  ]),
];
