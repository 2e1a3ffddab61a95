import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { region } from '../../tools/moto/aws.ts';
import { reset } from '../../tools/moto/moto-server.ts';
import { completeMoto } from '../../tools/provider/completed-moto.ts';
import { startTerraformProvider } from '../../tools/provider/terraform-provider.ts';
import { stacks } from '../infra/rules/stacks.ts';
import { project, pulumiConfig } from '../infra/settings.ts';
import { changed, changes } from '../up/settings.ts';
import { ProviderStack } from './provider-stack.ts';

/** What may be replaced when a setting changes: nothing is lost with it. */
const replaceable = [
  'aws:secretsmanager/secretVersion:SecretVersion',
  'aws:sns/topicSubscription:TopicSubscription',
  'aws:lambda/permission:Permission',
];

/** Another key means another Key resource: the old one stays in AWS until its waiting period is over. */
const { 'a key of its owner’s': _anotherKey, ...changesOfSettings } = changes;

/**
 * Tests a stack at the real provider: it is made, nothing differs afterwards, each changed setting that this stack
 * may have replaces only what may be replaced, and everything is destroyed. Skipped if the provider or moto is missing.
 * @param without names of changes that are invalid for this stack
 */
export function testStack(name: keyof typeof stacks, without: readonly string[] = []): void {
  const tools = inject('provider');
  describe.skipIf(tools === null)(`a stack ${name}`, () => {
    let stack: ProviderStack;
    let checked = 0;
    const ends: (() => unknown)[] = [];
    beforeAll(async () => {
      const { binary = '', moto = '' } = tools ?? {};
      await reset(moto);
      const aws = await completeMoto(moto);
      const terraform = await startTerraformProvider(binary, { endpoint: aws.url, region });
      const folder = mkdtempSync(join(tmpdir(), 'provider-'));
      ends.push(terraform.stop, aws.stop, () => rmSync(folder, { recursive: true }));
      stack = new ProviderStack(terraform, folder);
    });
    afterAll(async () => {
      for (const end of ends) await end();
      console.log(`A stack ${name}: ${checked} checked, 0 skipped`);
    });

    const program = () => {
      vi.resetModules();
      return import('../../infra/index.ts');
    };
    const configured = (settings: object) => ({
      config: pulumiConfig({ ...settings }, region),
      project,
      stack: 'production',
    });

    it('is made, and nothing differs afterwards', async () => {
      checked += await stack.create(program, configured(stacks[name]));
      expect(stack.problems).toEqual([]);
      expect(await stack.plan(program, configured(stacks[name]))).toEqual([]);
    });

    const valid = Object.entries(changesOfSettings).filter(([change]) => !without.includes(change));
    it.each(valid)('%s: only what may be replaced is', async (_, change) => {
      const planned = await stack.plan(program, configured(changed(stacks[name], change)));
      checked += 1;
      expect(stack.problems).toEqual([]);
      const replaced = planned.filter(({ does }) => does === 'replace').map(({ type }) => type);
      expect(replaced.filter((type) => !replaceable.includes(type))).toEqual([]);
    });

    it('is destroyed', async () => {
      checked += await stack.destroy();
    });
  });
}
