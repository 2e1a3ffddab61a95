import { expect, it } from 'vitest';
import { Unavailable } from '../../shared/http/errors.ts';
import { readSigningSecrets } from '../../shared/http/signing-secrets.ts';

const read = (text: string) =>
  readSigningSecrets(
    'crm',
    async () => text,
    (secret) => (secret === 'bad' ? 'is bad' : undefined),
  );

it.each([
  [' one\n', ['one']],
  [' ["one"," two "]', ['one', 'two']],
  ['{"one":"two"}', ['{"one":"two"}']],
])('a secret holds signing secrets without the space around them: %j', async (text, secrets) => {
  expect(await read(text)).toEqual(secrets);
});

const none = 'must hold a signing secret, or a JSON array of such strings';

it.each([
  ...['[]', '["one"', '[1]'].map((text) => [text, none]),
  ...['bad', '["bad"]', ' ["bad "]'].map((text) => [text, 'is bad']),
  ['["one"," bad"]', '(number 2) is bad'],
])('a secret that holds others is named, and not quoted: %j', async (text, problem) => {
  await expect(read(text)).rejects.toThrow(new Unavailable(`Secret crm ${problem}`));
});

it('a secret that cannot be read is unavailable, for the reason that it has', async () => {
  const cause = new Error('away');
  const reading = readSigningSecrets('crm', () => Promise.reject(cause), String);
  await expect(reading).rejects.toThrow(new Unavailable('Secret crm cannot be read', { cause }));
});
