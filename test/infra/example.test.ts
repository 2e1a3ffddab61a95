import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { sections } from '../../docs/writers/settings.ts';
import { kindsOfSources, sharedSettings } from '../../docs/writers/source-settings.ts';
import { loadCrms } from '../../fixtures/load.ts';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { parseStackConfig } from '../../infra/config/stack-config.ts';
import { sourceKinds } from '../../shared/crm/config.ts';
import { requireOfPulumi } from '../../tools/engine/require-of-pulumi.ts';
import { secretKeys } from './settings.ts';

/** The YAML reader that Pulumi's SDK brings along. */
const { load }: { load: (text: string) => unknown } = requireOfPulumi('js-yaml');

const StackFile = z.object({ config: z.record(z.string(), z.unknown()) });

/** What Pulumi makes of a stack's settings: secrets decrypted, and all but plain text as JSON. */
const asPulumiGivesIt = (config: Record<string, unknown>): Record<string, string> => {
  const decrypted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'secure' in value ? value.secure : value;
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value, decrypted),
    ]),
  );
};

const text = readFileSync(join(repositoryRoot, 'Pulumi.example.yaml'), 'utf8');
const { config: example } = StackFile.parse(load(text));
const encrypted = new Set(secretKeys);

const crms = await loadCrms();

it.each([...sourceKinds.keys(), 'freshdesk'])('takes the source on the page of %s', (name) => {
  const page = readFileSync(join(repositoryRoot, 'docs/sources', `${name}.md`), 'utf8');
  const block = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const crm = crms.get(name) ?? crms.get('standard-webhooks');
  const secret = crm?.transport === 'http' ? crm.newSecret() : '';
  const shown = z.record(z.string(), z.unknown()).parse(load(block.replace('…', secret)));
  expect(Object.keys(shown)).toEqual(['crm-media-sync:sources']);
  const config = asPulumiGivesIt({ ...example, ...shown });
  expect(
    Object.values(parseStackConfig('crm-media-sync', config, encrypted, 'prod').sources),
  ).toHaveLength(1);
});

const parsed = (config: Record<string, unknown>) =>
  parseStackConfig('crm-media-sync', asPulumiGivesIt(config), encrypted, 'prod');

const section = (name: string): Record<string, unknown> =>
  z.record(z.string(), z.unknown()).parse(example[`crm-media-sync:${name}`]);

it('the example of a stack’s configuration is one, with nothing in it that does not exist', () => {
  expect(() => parsed(example)).not.toThrow();
  const minimal = readFileSync(join(repositoryRoot, 'Pulumi.example-minimal.yaml'), 'utf8');
  expect(Object.keys(parsed(StackFile.parse(load(minimal)).config).sources)).toHaveLength(1);
});

it('the example has every kind of source, with every setting of each', () => {
  const { sources } = parsed(example);
  const configs = Object.values(sources).map(({ config }) => config);
  expect(configs.map(({ kind }) => kind).toSorted()).toEqual([...sourceKinds.keys()].toSorted());
  const shown = z.record(z.string(), z.looseObject({ kind: z.string() })).parse(section('sources'));
  const ofZendesk = Object.keys(shown['zendesk'] ?? {});
  expect(ofZendesk).toEqual(
    expect.arrayContaining(sharedSettings().map(({ path }) => path.at(-1))),
  );
  for (const { kind, ownSettings } of kindsOfSources()) {
    const source = Object.values(shown).find((each) => each.kind === kind);
    expect(Object.keys(source ?? {}), kind).toEqual(
      expect.arrayContaining(ownSettings.map(({ path }) => path.at(-1))),
    );
  }
});

const settings = sections().flatMap((each) => each.settings);
const alternatives = settings.flatMap(({ insteadOf }) => insteadOf ?? []);

it.each(settings.map(({ path }) => path.join('.')))('the example shows %s', (path) => {
  const [name = '', ...keys] = path.split('.');
  const value = [`crm-media-sync:${name}`, ...keys].reduce<unknown>(
    (held, key) => Object(held)[key],
    example,
  );
  if (!alternatives.includes(path)) expect(value).toBeDefined();
});

it.each(alternatives)(
  'the example shows %s in a comment, as it cannot stand beside another',
  (path) => {
    const [name = '', key = ''] = path.split('.');
    const shown = new RegExp(`^ +# ${key}: (.+)$`, 'm').exec(text)?.[1];
    const instead = settings.find(({ insteadOf }) => insteadOf === path)?.path[1] ?? '';
    const { [instead]: _, ...others } = section(name);
    const changed = { ...others, [key]: shown };
    const { key: taken } = parsed({ ...example, [`crm-media-sync:${name}`]: changed });
    expect(taken).toMatchObject({ [key]: shown });
  },
);

it('the defaults in the example are the defaults', () => {
  const all = parsed(example);
  const { 'crm-media-sync:sources': sources, 'crm-media-sync:twilio': twilio } = example;
  const defaults = parsed({ 'crm-media-sync:sources': sources, 'crm-media-sync:twilio': twilio });
  expect(all.sync).toEqual(defaults.sync);
  expect(all.limits).toEqual(defaults.limits);
  expect(all.logs).toEqual(defaults.logs);
  expect(all.key).toMatchObject(defaults.key);
});

it('the defaults of a source in the example are the defaults', () => {
  const { zendesk } = parsed(example).sources;
  const { kind, ticketUrl, signingSecrets } = z
    .looseObject({ kind: z.string(), ticketUrl: z.string() })
    .parse(section('sources')['zendesk']);
  const plain = { zendesk: { kind, ticketUrl, signingSecrets } };
  const { linkType, title, titleFromCrm } =
    parsed({ ...example, 'crm-media-sync:sources': plain }).sources['zendesk']?.config ?? {};
  expect(zendesk?.config).toMatchObject({ linkType, title, titleFromCrm });
});
