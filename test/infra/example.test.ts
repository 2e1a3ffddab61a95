import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { writeConfiguration } from '../../docs/writers/configuration.ts';
import { sections } from '../../docs/writers/settings.ts';
import { kindDocs, sharedSettingDocs } from '../../docs/writers/source-docs.ts';
import { kindsOfSources, sharedSettings } from '../../docs/writers/source-settings.ts';
import { loadCrms } from '../../fixtures/load.ts';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { parseStackConfig, StackConfig } from '../../infra/config/stack-config.ts';
import { SourceConfig, sourceKinds } from '../../shared/crm/config.ts';
import { requireOfPulumi } from '../../tools/engine/require-of-pulumi.ts';
import { pulumiConfig, secretKeys } from './settings.ts';

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
  const zendesk = Object.keys(shown['zendesk'] ?? {});
  expect(zendesk).toEqual(expect.arrayContaining(sharedSettings().map(({ path }) => path.at(-1))));
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

const page = writeConfiguration();

type Settings = Record<string, unknown>;

const command =
  /^pulumi config set --stack \$STACK (?<secret>--secret )?--path '(?<path>[^']+)' ?(?:'(?<quoted>[^']*)'|(?<plain>[^ #]\S*))?(?: #.*)?$/;

/** What `pulumi config set --path` makes of text. */
const typed = (text: string): unknown =>
  /^(true|false|-?\d+)$/.test(text) ? JSON.parse(text) : text;

/** Does what a command does; `asked` is given if it asks for a secret. */
const apply = (config: Settings, line: string, asked: string): void => {
  const { secret, path = '', quoted, plain } = command.exec(line)?.groups ?? {};
  const steps = [...path.matchAll(/[^.[\]]+/g)].map(([step]) => step);
  const last = steps.pop() ?? '';
  let holder = config;
  for (const [index, step] of steps.entries()) {
    holder[step] ??= /^\d+$/.test(steps[index + 1] ?? last) ? [] : {};
    holder = z.custom<Settings>((value) => typeof value === 'object').parse(holder[step]);
  }
  holder[last] = secret === undefined ? typed(quoted ?? plain ?? '') : asked;
};

/** The commands of each kind on the page, by its title. */
const commandsOf = new Map(
  [...page.matchAll(/^### \[(.+)\].*\n(?:(?!^#)[\s\S])*?```sh\n([\s\S]*?)```/gm)].map(
    ([, title = '', lines = '']) => [title, lines.trim().split('\n')],
  ),
);

const configured = (lines: readonly string[], asked: string): Record<string, string> => {
  const config: Settings = {};
  for (const line of lines) {
    expect(line).toMatch(command);
    apply(config, line, asked);
  }
  return pulumiConfig(config);
};

const secretOf = (kind: string): string => {
  const crm = crms.get(kind);
  return crm?.transport === 'http' ? crm.newSecret() : '';
};

const allSettings = sections().flatMap(({ settings }) => settings);
const valueAt = (config: unknown, path: readonly (string | number)[]) =>
  path.reduce<unknown>((value, key) => Object(value)[key], config);

describe('docs/configuration.md', () => {
  it('has every section, and every setting of each, with what it takes', () => {
    expect(sections().map(({ name }) => name)).toEqual(
      Object.keys(StackConfig.shape).filter((name) => name !== 'sources'),
    );
    for (const { path, value } of allSettings) {
      expect(page).toContain(`\n\`${path.join('.')}\` | `);
      expect(value).not.toBe('');
    }
  });

  it('has every kind of source, and every setting of each', () => {
    expect(Object.keys(kindDocs).toSorted()).toEqual([...sourceKinds.keys()].toSorted());
    const documented = kindsOfSources().flatMap(({ kind, ownSettings }) =>
      [...sharedSettings(), ...ownSettings].map(({ path }) => `${kind}.${path.at(-1)}`),
    );
    const there = SourceConfig.options.flatMap(({ shape }) =>
      Object.keys(shape).map((key) => `${shape.kind.value}.${key}`),
    );
    expect(new Set(there.filter((each) => !documented.includes(each)))).toEqual(
      new Set(
        [...sourceKinds].flatMap(([kind, { transport }]) =>
          transport === 'http'
            ? [`${kind}.secret`, `${kind}.partnerEventSource`]
            : [`${kind}.secret`],
        ),
      ),
    );
  });

  it('describes no setting that does not exist', () => {
    for (const [kind, { settings }] of Object.entries(kindDocs)) {
      expect(Object.keys(settings).toSorted()).toEqual(
        Object.keys(sourceKinds.get(kind)?.settings ?? {}).toSorted(),
      );
    }
    for (const { shape } of SourceConfig.options) {
      expect(Object.keys(shape)).toEqual(expect.arrayContaining(Object.keys(sharedSettingDocs)));
    }
  });

  it('marks as required each setting without which a configuration is refused', () => {
    const settings = sections().find(({ name }) => name === 'twilio')?.settings ?? [];
    expect(settings.length).toBeGreaterThan(0);
    for (const { path, required: isRequired } of settings) {
      const { [path[1] ?? '']: _, ...others } = section('twilio');
      const attempt = () => parsed({ ...example, 'crm-media-sync:twilio': others });
      if (isRequired) expect(attempt, path.join('.')).toThrow(path.join('.'));
      else expect(attempt, path.join('.')).not.toThrow();
    }
  });

  it.each(kindsOfSources())('sets up a source of kind $kind by its commands', ({ kind, title }) => {
    const sources = configured(commandsOf.get(title) ?? [], secretOf(kind));
    expect(Object.values(parsed({ ...example, ...sources }).sources)).toMatchObject([
      { config: { kind } },
    ]);
  });

  it('has the defaults of the configuration', () => {
    const plain = z.record(z.string(), z.unknown()).parse(
      parsed({
        'crm-media-sync:sources': section('sources'),
        'crm-media-sync:twilio': section('twilio'),
      }),
    );
    for (const { path, default: documented, required: isRequired } of allSettings) {
      const isThere = String(path[0]) in plain;
      if (isRequired || path[0] === 'twilio' || !isThere) continue;
      expect(valueAt(plain, path)).toEqual(documented);
    }
  });
});
