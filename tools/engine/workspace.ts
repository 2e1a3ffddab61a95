import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import type { TerraformProvider } from '../provider/terraform-provider.ts';
import { serveLanguageHost } from './language-host.ts';
import { type Operation, serveResourceProvider } from './resource-provider.ts';

/** The exit code of a command, and all its output. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** A copy of the project, with its own backend and Pulumi home. */
export interface Workspace {
  readonly root: string;
  /** Waits until the provider is about to change a matching resource in AWS. */
  nextOperation(isWanted: (operation: Operation) => boolean): Promise<Operation>;
  /** Starts a command in the project. */
  start(
    command: string,
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): { child: ChildProcess; ended: Promise<Ended> };
  /**
   * Kills an update, but not while it writes the state. With a file backend, such a kill would leave half of the
   * state. Other backends write it as a whole.
   */
  killBetweenWrites(update: ChildProcess, stack: string): Promise<void>;
  /**
   * Runs `pulumi` with these arguments.
   * @param input the standard input
   */
  pulumi(args: readonly string[], input?: string): Promise<Ended>;
  remove(): void;
}

interface WorkspaceOptions {
  /** The path of the Pulumi binary. */
  readonly engine: string;
  readonly terraform: TerraformProvider;
  readonly account: string;
  readonly region: string;
}

/**
 * A project that uses Pulumi with a file backend and a passphrase. It gets no environment variable of this machine
 * about AWS's address or credentials. It downloads no plugin.
 */
export async function openWorkspace(of: WorkspaceOptions): Promise<Workspace> {
  const { engine, terraform, account, region } = of;
  const folder = mkdtempSync(join(tmpdir(), 'crm-media-sync-up-'));
  const root = join(folder, 'project');
  const notCopied = ['.git', '.engine', 'node_modules'];
  cpSync(repositoryRoot, root, {
    recursive: true,
    filter: (source) =>
      !notCopied.includes(basename(source)) ||
      dirname(source) !== repositoryRoot.replace(/\/$/, ''),
  });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  for (const part of ['state', 'home', 'archives']) mkdirSync(join(folder, part));

  const variables = {
    PATH: [dirname(engine), dirname(process.execPath), process.env['PATH']].join(delimiter),
    HOME: join(folder, 'home'),
  };
  const languageHost = await serveLanguageHost(variables);
  const provider = await serveResourceProvider(terraform, join(folder, 'archives'), {
    'aws:index/getCallerIdentity:getCallerIdentity': {
      accountId: account,
      arn: `arn:aws:iam::${account}:user/deployer`,
      id: account,
      userId: 'AIDA',
    },
    'aws:index/getPartition:getPartition': {
      partition: 'aws',
      dnsSuffix: 'amazonaws.com',
      id: 'aws',
    },
    'aws:index/getRegion:getRegion': { region, name: region, id: region },
  });
  const env = {
    ...variables,
    PULUMI: engine,
    PULUMI_HOME: join(folder, 'home'),
    PULUMI_BACKEND_URL: `file://${join(folder, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'a passphrase',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    PULUMI_DEBUG_LANGUAGES: `nodejs:${languageHost.port}`,
    PULUMI_DEBUG_PROVIDERS: `aws:${provider.port}`,
  };

  const start: Workspace['start'] = (command, args, environment = {}) => {
    const begun = performance.now();
    const child = spawn(command, args, { cwd: root, env: { ...env, ...environment } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        resolve({ exitCode, stdout, stderr, seconds: (performance.now() - begun) / 1000 });
      });
    });
    return { child, ended };
  };

  return {
    root,
    nextOperation: provider.nextOperation,
    start,
    killBetweenWrites: async (update, stack) => {
      const file = join(folder, 'state/.pulumi/stacks/crm-media-sync', `${stack}.json`);
      for (;;) {
        update.kill('SIGSTOP');
        // Each thread of the process stops when it gets the signal.
        await setTimeout(50);
        if (isWhole(file)) break;
        update.kill('SIGCONT');
        await setTimeout(5);
      }
      update.kill('SIGKILL');
    },
    pulumi: (args, input = '') => {
      const { child, ended } = start(engine, [...args, '--non-interactive']);
      child.stdin?.end(input);
      return ended;
    },
    remove: () => {
      languageHost.stop();
      provider.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function isWhole(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}
