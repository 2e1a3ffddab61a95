// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

export const secretChanges = [
  ...changesTo('infra/components/stored-secret.ts', [
    ['Secrets are encrypted with our key', ', kmsKeyId: key.arn', ''],
    ['What a secret is described as is no secret', '{ description, ', '{ description: value, '],
  ]),
  ...changesTo('infra/components/secrets.ts', [
    [
      'Secrets that are rotated out still count',
      '${source}`, signingSecrets)',
      '${source}`, signingSecrets.slice(0, 1))',
    ],
  ]),
  ...changesTo('infra/functions.ts', [
    ['An environment holds no secret', 'credentials.name,', 'twilio.apiSecret,'],
    ['sync may send dead letters', '...maySend(changes.deadLetters),', ''],
  ]),
  ...changesTo('infra/functions.ts', [
    ['An environment names the secret', 'authToken.name,', 'String(twilio.authToken),'],
    ['A door reads one secret', '...mayRead([authToken])', '...mayRead([authToken, changes])'],
    ['A door consumes nothing', 'maySend(changes)', 'maySend(changes.deadLetters)'],
  ]),
];
