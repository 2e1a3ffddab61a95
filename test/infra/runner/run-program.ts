import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import * as z from 'zod';
import { repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { type Logged, recordingEngine } from './engine.ts';
import {
  type MonitorOptions,
  type RegisteredOutputs,
  type Registration,
  recordingMonitor,
} from './monitor.ts';
import { requireOfPulumi } from './require-of-pulumi.ts';

const { load }: { load: (text: string) => unknown } = requireOfPulumi('js-yaml');

/** `Pulumi.yaml`, with the CLI's default. */
const Project = z.object({
  name: z.string(),
  main: z.string(),
  runtime: z.object({
    name: z.literal('nodejs'),
    options: z.object({ typescript: z.boolean().default(true) }).prefault({}),
  }),
});

export interface RunOptions {
  /** The directory of the project. */
  readonly root?: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  /** Those that Pulumi holds encrypted. */
  readonly secretKeys: readonly string[];
  readonly dryRun?: boolean;
  readonly madeByAws: MonitorOptions['madeByAws'];
}

/** How a run ended, and all its output. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly logged: readonly Logged[];
  readonly registrations: readonly Registration[];
  readonly outputs: readonly RegisteredOutputs[];
}

/** The Node that runs the program: `RUNNER_NODE`, or the one that runs the tests. */
const node = process.env['RUNNER_NODE'] ?? process.execPath;
export const nodeVersion = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

const execute = (folder: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<Pick<Run, 'exitCode' | 'stdout' | 'stderr'>>((resolve, reject) => {
    execFile(node, args, { cwd: folder, env, timeout: 120_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(error);
    });
  });

/**
 * Runs the program as the CLI does: in Pulumi's own runner, with what the CLI's language host gives it, and
 * nothing else of this process's environment.
 * Source: https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/cmd/pulumi-language-nodejs/main.go
 */
export const runProgram = async (of: RunOptions): Promise<Run> => {
  const { root = repositoryRoot, stack, dryRun = false, madeByAws } = of;
  const {
    name: project,
    main,
    runtime,
  } = Project.parse(load(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')));
  const folder = join(root, dirname(main));

  const monitor = recordingMonitor({ project, stack, dryRun, madeByAws });
  const engine = recordingEngine();
  const server = new Server();
  for (const { service, implementation } of [monitor, engine]) {
    server.addService(service, implementation);
  }
  const bind = promisify(server.bindAsync).bind(server);
  const address = `127.0.0.1:${await bind('127.0.0.1:0', ServerCredentials.createInsecure())}`;

  const namespaced = Object.entries(of.config).map(([key, value]) => [
    key.replace(':', ':config:'),
    value,
  ]);
  const args = [
    createRequire(join(folder, basename(main))).resolve('@pulumi/pulumi/cmd/run'),
    ...['--monitor', address],
    ...['--engine', address],
    ...['--organization', 'organization'],
    ...['--project', project],
    ...['--root-directory', root],
    ...['--stack', stack],
    ...['--pwd', folder],
    ...(dryRun ? ['--dry-run'] : []),
    ...['--parallel', '16'],
    basename(main),
  ];
  try {
    const exit = await execute(folder, args, {
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(namespaced)),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(of.secretKeys),
      ...(runtime.options.typescript && { PULUMI_NODEJS_TYPESCRIPT: 'true' }),
    });
    const { registrations, outputs } = monitor;
    return { ...exit, logged: engine.logged, registrations, outputs };
  } finally {
    server.forceShutdown();
  }
};
