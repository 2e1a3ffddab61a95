import { removed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { call, code, func, property } from '../places.ts';

export const secretChanges = [
  ...changesTo('infra/components/stored-secret.ts', [
    ['Secrets are encrypted with our key', [call('new Secret'), property('kmsKeyId')], removed],
    [
      'The description of a secret does not hold the secret',
      [call('new Secret'), property('description')],
      to('value'),
    ],
  ]),
  ...changesTo('infra/components/secrets.ts', [
    [
      'Secrets that are being rotated out are stored',
      [call('store'), code('signingSecrets')],
      to('signingSecrets.slice(0, 1)'),
    ],
  ]),
  ...changesTo('infra/functions.ts', [
    [
      'The environment of sync holds no secret',
      [property('TWILIO_SECRET')],
      to('twilio.apiSecret'),
    ],
    [
      'sync may send dead letters',
      [func('syncFunction'), call('maySend', 'changes.deadLetterQueue')],
      to('[]'),
    ],
    [
      'The environment of task-event holds no secret',
      [property('AUTH_TOKEN_SECRET')],
      to('String(twilio.authToken)'),
    ],
    [
      'task-event reads one secret',
      [func('taskEventFunction'), call('mayRead')],
      to('mayRead([authToken, changes])'),
    ],
    [
      'task-event sends to the queue only',
      [func('taskEventFunction'), call('maySend')],
      to('maySend(changes.deadLetterQueue)'),
    ],
  ]),
];
