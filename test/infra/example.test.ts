import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { loadCrms } from '../../fixtures/load.ts';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { parseStackConfig } from '../../infra/config/stack-config.ts';
import { kinds } from '../../lambdas/crm-change/source-config.ts';

/** The YAML reader that Pulumi's SDK brings along. */
const { load }: { load: (text: string) => unknown } = createRequire(
  createRequire(import.meta.url).resolve('@pulumi/pulumi/package.json'),
)('js-yaml');

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

const { config: example } = StackFile.parse(
  load(readFileSync(join(repositoryRoot, 'Pulumi.example.yaml'), 'utf8')),
);

const crms = await loadCrms();

it.each([...kinds.keys(), 'freshdesk'])('takes the source on the page of %s', (name) => {
  const page = readFileSync(join(repositoryRoot, 'docs/sources', `${name}.md`), 'utf8');
  const block = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const crm = crms.get(name) ?? crms.get('standard-webhooks');
  const secret = crm?.transport === 'http' ? crm.newSecret() : '';
  const shown = z.record(z.string(), z.unknown()).parse(load(block.replace('…', secret)));
  expect(Object.keys(shown)).toEqual(['crm-media-sync:sources']);
  const config = asPulumiGivesIt({ ...example, ...shown });
  expect(Object.values(parseStackConfig('crm-media-sync', config).sources)).toHaveLength(1);
});

it('the example of a stack’s configuration is one, with nothing in it that does not exist', () => {
  const { sources, sync, logs, alarms } = parseStackConfig(
    'crm-media-sync',
    asPulumiGivesIt(example),
  );
  expect(Object.values(sources).map(({ config }) => config.kind)).toEqual([
    'zendesk',
    'standard-webhooks',
    'salesforce',
  ]);
  expect(sync.maximumConcurrency).toBe(2);
  expect(logs.retentionDays).toBe(90);
  expect(alarms.email).toBe('oncall@example.com');
});

it('the defaults that the example tells are the defaults', () => {
  const config = asPulumiGivesIt(example);
  const all = parseStackConfig('crm-media-sync', config);
  const { 'crm-media-sync:sync': _, 'crm-media-sync:logs': __, ...required } = config;
  const { reservedConcurrency, ...sync } = all.sync;
  const defaults = parseStackConfig('crm-media-sync', required);
  expect(reservedConcurrency).toBe(2);
  expect(defaults.sync).toEqual(sync);
  expect(defaults.logs).toEqual(all.logs);
});
