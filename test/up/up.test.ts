import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { DeleteSecretCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { type Ended, openWorkspace, type Workspace } from '../../tools/engine/workspace.ts';
import { account, awsAt, region } from '../../tools/moto/aws.ts';
import { everythingAt } from '../../tools/moto/everything-at.ts';
import { type CompletedMoto, completeMoto } from '../../tools/provider/completed-moto.ts';
import {
  startTerraformProvider,
  type TerraformProvider,
} from '../../tools/provider/terraform-provider.ts';
import { project } from '../infra/settings.ts';

import { allSecrets, changes, configArguments, firstSettings } from './settings.ts';

const given = inject('up');
const moto = inject('moto');

const stack = 'production';

/** What is lost if it is replaced. */
const dataTypes = ['kms/key', 'cloudwatch/logGroup', 'secretsmanager/secret', 'sqs/queue'];

const Preview = jsonText(
  z.object({ steps: z.array(z.object({ op: z.string(), urn: z.string() })) }),
);

const Exported = jsonText(
  z.object({
    deployment: z.object({
      pending_operations: z
        .array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) }))
        .default([]),
      resources: z.array(
        z.object({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          retainOnDelete: z.boolean().optional(),
        }),
      ),
    }),
  }),
);

describe.skipIf(given === null)('the program on the real engine', () => {
  let aws: CompletedMoto;
  let terraform: TerraformProvider;
  let workspace: Workspace;
  const table: string[] = [];
  let diff = '';

  beforeAll(async () => {
    if (given === null || moto === null) throw new Error('nothing is given');
    aws = await completeMoto(moto);
    terraform = await startTerraformProvider(given.provider, { endpoint: aws.url, region });
    workspace = await openWorkspace({ engine: given.engine, terraform, account, region });
  });

  afterAll(async () => {
    console.log([...table, '', diff].join('\n'));
    workspace.remove();
    await terraform.stop();
    await aws.stop();
  });

  it('a stack is made, and configured as the docs say', async () => {
    await ok('stack init', ['stack', 'init', stack]);
    await ok('config', ['config', 'set', 'aws:region', region]);
    await ok('config', ['config', 'set-all', '--path', ...configArguments(firstSettings)]);
  });

  it('up makes everything', async () => {
    const { stdout } = await ok('up', ['up', '--yes', '--skip-preview']);
    expect(stdout).toMatch(/Resources:\n\s+\+ \d+ created\n/);
  });

  it('up again changes nothing', async () => {
    await ok('up again', ['up', '--yes', '--skip-preview', '--expect-no-changes']);
  });

  it('refresh finds AWS as it was left', async () => {
    await ok('refresh', ['refresh', '--yes', '--skip-preview', '--expect-no-changes']);
  });

  it('the state holds no secret in clear, and all of them encrypted', async () => {
    const { stdout } = await ok('stack export', ['stack', 'export']);
    expect(allSecrets.filter((secret) => stdout.includes(secret))).toEqual([]);
    const shown = await workspace.pulumi(['stack', 'export', '--show-secrets']);
    const used = allSecrets.filter((secret) =>
      configArguments(firstSettings).some((argument) => argument.endsWith(`=${secret}`)),
    );
    expect(used.filter((secret) => !shown.stdout.includes(secret))).toEqual([]);
  });

  it('npm run ops reads the stack by the real CLI', async () => {
    const { sqs } = awsAt(aws.url);
    const QueueUrl = await output('deadLetterQueueUrl');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'not a message of ours' }));
    const list = await ops(['dlq', 'list', '--stack', stack, '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject({ total: 1 });
    const status = await ops(['status', '--stack', stack, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ deployment: `stack ${stack}` });
  });

  for (const [name, { set = {}, remove = [], plan }] of Object.entries(changes)) {
    it(`changes only what it should: ${name}`, async () => {
      const file = join(workspace.root, `Pulumi.${stack}.yaml`);
      const before = readFileSync(file);
      try {
        await configure(set, remove);
        const { stdout } = await ok(name, ['preview', '--json']);
        const planned = operations(stdout);
        const expected = Object.entries(plan).flatMap(([kind, types]) =>
          types.split(' ').map((type: string) => `${kind.slice(0, -1)} ${type}`),
        );
        expect(planned).toEqual(expected.toSorted());
        expect(planned.filter(isLoss)).toEqual([]);
      } finally {
        writeFileSync(file, before);
      }
    });
  }

  it('a preview of changed code shows no code', async () => {
    const handler = join(workspace.root, 'lambdas/sync/handler.ts');
    const before = readFileSync(handler);
    appendFileSync(handler, '\nconsole.info("a change");\n');
    const { stdout } = await ok('preview --diff, code changed', ['preview', '--diff']);
    writeFileSync(handler, before);
    diff = stdout;
    expect(stdout).toContain('lambda/function:Function: (update)');
    expect(stdout.length).toBeLessThan(6000);
  });

  it('an update that is killed stays locked, and heals with pulumi cancel and another', async () => {
    for (const { set = {}, remove = [], alone } of Object.values(changes)) {
      if (!alone) await configure(set, remove);
    }
    const killed = workspace.start(given?.engine ?? '', [
      ...['up', '--yes', '--skip-preview', '--non-interactive', '--stack', stack],
    ]);
    // Something new, of which nobody but AWS will know.
    const { urn } = await workspace.nextOperation(
      (operation) =>
        operation.kind === 'create' && typeOf(operation.urn) === 'secretsmanager/secret',
    );
    await workspace.killBetweenWrites(killed.child, stack);
    row('up, killed', await killed.ended);

    const locked = await workspace.pulumi(['up', '--yes', '--skip-preview', '--stack', stack]);
    expect(locked.exitCode).not.toBe(0);
    expect(locked.stdout + locked.stderr).toContain('pulumi cancel');
    await ok('cancel', ['cancel', '--yes', stack], '');
    const interrupted = await exported();
    expect(interrupted.pending_operations).toContainEqual({
      type: 'creating',
      resource: expect.objectContaining({ urn }),
    });
    const healed = await ok('up, healed', ['up', '--yes', '--skip-preview']);
    expect(healed.stdout + healed.stderr).toContain('pending');
    await ok('up again', ['up', '--yes', '--skip-preview', '--expect-no-changes']);

    const { resources } = await exported();
    const { secretsManager } = awsAt(aws.url);
    const { SecretList = [] } = await secretsManager.send(new ListSecretsCommand());
    const [lost, ...more] = SecretList.filter(({ ARN }) => !resources.some(({ id }) => id === ARN));
    expect(more).toEqual([]);
    const deletion = { SecretId: lost?.ARN, ForceDeleteWithoutRecovery: true };
    await secretsManager.send(new DeleteSecretCommand(deletion));
    const clear = ['refresh', '--yes', '--skip-preview', '--clear-pending-creates'];
    await ok('refresh, pending cleared', [...clear, '--expect-no-changes']);
    expect((await exported()).pending_operations).toEqual([]);
  });

  it('destroy keeps what `keep` names, and nothing else', async () => {
    const { resources } = await exported();
    const kept = resources.filter(({ retainOnDelete }) => retainOnDelete);
    const keptIds = (type: string) =>
      kept.filter(({ urn }) => typeOf(urn) === type).map(({ id }) => id);
    const keptTypes = kept.map(({ urn }) => typeOf(urn));
    expect(keptTypes).toEqual(
      expect.arrayContaining(['kms/key', 'cloudwatch/logGroup', 'sqs/queue']),
    );
    await ok('destroy', ['destroy', '--yes', '--skip-preview']);
    const left = await everythingAt(awsAt(aws.url));
    expect(left.logGroups.map(({ logGroupName }) => logGroupName).toSorted()).toEqual(
      keptIds('cloudwatch/logGroup').toSorted(),
    );
    expect(left.queues.toSorted()).toEqual(keptIds('sqs/queue').toSorted());
    const { kms } = awsAt(aws.url);
    const enabled: (string | undefined)[] = [];
    for (const { KeyId } of left.keys) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      if (KeyMetadata?.KeyState === 'Enabled') enabled.push(KeyMetadata.KeyId);
    }
    expect(enabled).toEqual(keptIds('kms/key'));
    const { keys: _, logGroups: __, queues: ___, ...others } = left;
    expect(Object.entries(others).filter(([, made]) => made.length > 0)).toEqual([]);
    await ok('stack rm', ['stack', 'rm', '--yes', stack], '');
  });

  /** Runs a command of Pulumi on the stack, which must go well. */
  async function ok(
    step: string,
    args: readonly string[],
    of = `--stack=${stack}`,
  ): Promise<Ended> {
    const isInit = args[0] === 'stack' && args[1] === 'init';
    const ended = await workspace.pulumi([...args, ...(of === '' || isInit ? [] : [of])]);
    row(step, ended);
    expect(ended.exitCode, `${args.join(' ')}\n${ended.stdout.slice(-6000)}${ended.stderr}`).toBe(
      0,
    );
    return ended;
  }

  async function ops(args: readonly string[]): Promise<Ended> {
    const variables = {
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
    };
    const ended = await workspace.start(process.execPath, ['ops/ops.ts', ...args], variables).ended;
    row(`ops ${args[0]}`, ended);
    expect(ended.exitCode, ended.stderr).toBe(0);
    return ended;
  }

  async function configure(set: object, remove: readonly string[]): Promise<void> {
    const given = configArguments({ ...set });
    if (given.length > 0) await ok('config', ['config', 'set-all', '--path', ...given]);
    for (const path of remove) await ok('config', ['config', 'rm', '--path', `${project}:${path}`]);
  }

  async function exported() {
    const { stdout } = await workspace.pulumi(['stack', 'export', '--stack', stack]);
    return Exported.parse(stdout).deployment;
  }

  async function output(name: string): Promise<string> {
    const { stdout } = await workspace.pulumi(['stack', 'output', name, '--stack', stack]);
    return stdout.trim();
  }

  /** One line of the table: step, operations, seconds. */
  function row(step: string, { stdout, seconds }: Ended): void {
    if (step === 'config') return;
    const json = Preview.safeParse(stdout);
    const counted = json.success
      ? operations(stdout).join(', ')
      : [
          ...stdout.matchAll(
            /^ {4}(?:[-+~]+ )?(\d+ (?:created|updated|deleted|replaced|unchanged|to \w+))/gm,
          ),
        ]
          .map(([, count]) => count)
          .join(', ');
    table.push(`${step} | ${counted} | ${seconds.toFixed(1)} s`);
  }
});

/** What a preview plans for resources of AWS, by kind and type. */
function operations(preview: string): readonly string[] {
  const planned = Preview.parse(preview).steps.flatMap(({ op, urn }) => {
    const type = typeOf(urn);
    const isStep = op !== 'same' && op !== 'create-replacement' && op !== 'delete-replaced';
    return type !== undefined && isStep ? [`${op} ${type}`] : [];
  });
  return [...new Set(planned)].toSorted();
}

function isLoss(operation: string): boolean {
  return dataTypes.some((type) => operation === `replace ${type}`);
}

/** E.g. `sqs/queue`; undefined: it is not of AWS. */
function typeOf(urn: string): string | undefined {
  return /aws:([^:$]+):\w+::[^:]+$/.exec(urn)?.[1];
}
