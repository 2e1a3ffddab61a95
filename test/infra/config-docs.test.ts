import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { writeConfiguration } from '../../docs/writers/configuration.ts';
import { sections } from '../../docs/writers/settings.ts';
import { kindDocs, sharedSettingDocs } from '../../docs/writers/source-docs.ts';
import { kindsOfSources, sharedSettings } from '../../docs/writers/source-settings.ts';
import { loadCrms } from '../../fixtures/load.ts';
import { parseStackConfig, StackConfig } from '../../infra/config/stack-config.ts';
import { SourceConfig, sourceKinds } from '../../shared/crm/config.ts';
import { project, pulumiConfig } from './settings.ts';

const page = writeConfiguration();
const crms = await loadCrms();

type Settings = Record<string, unknown>;

const command =
  /^pulumi config set (?<secret>--secret )?--path '(?<path>[^']+)' ?(?:'(?<quoted>[^']*)'|(?<plain>[^ #]\S*))?(?: #.*)?$/;

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

/** The commands under each heading of the page. */
const blocks = new Map(
  [...page.matchAll(/^##+ (.+)\n(?:(?!^#)[\s\S])*?```sh\n([\s\S]*?)```/gm)].map(
    ([, heading = '', lines = '']) => [heading, lines.trim().split('\n')],
  ),
);

const configured = (lines: readonly string[], asked: (line: string) => string): StackConfig => {
  const config: Settings = {};
  for (const line of lines) {
    expect(line).toMatch(command);
    apply(config, line, asked(line));
  }
  const given = pulumiConfig(config);
  return parseStackConfig(project, given, new Set(Object.keys(given)), 'prod');
};

const secretOf = (kind: string): string => {
  const crm = crms.get(kind);
  return crm?.transport === 'http' ? crm.newSecret() : '';
};
const askedFor = (kind: string) => (line: string) =>
  line.includes('twilio.apiSecret')
    ? 'the-secret-of-the-api-key'
    : /twilio\.(authToken|sharedKeySecret)/.test(line)
      ? '0123456789abcdef0123456789abcdef'
      : secretOf(kind);

const Members = z.record(z.string(), z.unknown());
const allSettings = sections().flatMap(({ settings }) => settings);
const valueAt = (config: unknown, path: readonly (string | number)[]) =>
  path.reduce<unknown>((value, key) => Object(value)[key], config);
const required = [...(blocks.get('sources') ?? []), ...(blocks.get('twilio') ?? [])];

describe('docs/configuration.md', () => {
  it('has every section, and every setting of each, with what it takes', () => {
    expect(sections().map(({ name }) => name)).toEqual(
      Object.keys(StackConfig.shape).filter((name) => name !== 'sources'),
    );
    for (const { path, value } of allSettings) {
      expect(page).toContain(`| \`${path.join('.')}\` |`);
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
    const lacking = (lines: readonly string[], path: string) =>
      lines.filter((line) => !line.includes(`'${path}`));
    const settings = sections().find(({ name }) => name === 'twilio')?.settings ?? [];
    expect(settings.length).toBeGreaterThan(0);
    for (const { path, required: isRequired } of settings) {
      const without = lacking(required, path.join('.'));
      const attempt = () => configured(without, askedFor('zendesk'));
      if (isRequired) expect(attempt, path.join('.')).toThrow(path.join('.'));
      else expect(attempt, path.join('.')).not.toThrow();
    }
  });

  it.each(kindsOfSources())('sets up a source of kind $kind by its commands', ({ kind, title }) => {
    const own = blocks.get(title) ?? [];
    const twilio = blocks.get('twilio') ?? [];
    const { sources } = configured([...own, ...twilio], askedFor(kind));
    expect(Object.values(sources)).toMatchObject([{ config: { kind } }]);
  });

  it.each(sections())('sets $name by its commands, each setting of it', ({ name, settings }) => {
    const lines = blocks.get(name) ?? [];
    const instead = lines.filter((line) => line.includes('# instead of'));
    const together = lines.filter((line) => !instead.includes(line));
    const config = configured([...required, ...together], askedFor('zendesk'));
    for (const { path, insteadOf } of settings) {
      if (insteadOf !== undefined) continue;
      expect(valueAt(config, path)).toBeDefined();
    }
    for (const line of instead) {
      const beside = /# instead of (\S+)/.exec(line)?.[1] ?? '';
      const others = together.filter((other) => !other.includes(`'${beside}'`));
      expect(() => configured([...required, ...others, line], askedFor('zendesk'))).not.toThrow();
      expect(() => configured([...required, ...together, line], askedFor('zendesk'))).toThrow();
    }
  });

  it('has the defaults of the configuration', () => {
    const plain = Members.parse(configured(required, askedFor('zendesk')));
    for (const { path, default: documented, required: isRequired } of allSettings) {
      const isThere = String(path[0]) in plain;
      if (isRequired || path[0] === 'twilio' || !isThere) continue;
      expect(valueAt(plain, path)).toEqual(documented);
    }
  });
});
