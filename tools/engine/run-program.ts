import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import * as z from 'zod';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { type Logged, recordingEngine } from './recording-engine.ts';
import {
  type MonitorOptions,
  type RegisteredOutputs,
  type Registration,
  recordingMonitor,
} from './recording-monitor.ts';
import { requireOfPulumi } from './require-of-pulumi.ts';
import { type RunnerExit, runInRunner } from './run-in-runner.ts';

const { load }: { load: (text: string) => unknown } = requireOfPulumi('js-yaml');

/** The content of `Pulumi.yaml`, with the CLI's defaults. `package.json` names the program. */
const Project = z.strictObject({
  description: z.string().optional(),
  name: z.string(),
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
  /** The configuration keys whose values Pulumi encrypts. */
  readonly secretKeys: readonly string[];
  readonly dryRun?: boolean;
  readonly answerOfAws: MonitorOptions['answerOfAws'];
  readonly madeByAws: MonitorOptions['madeByAws'];
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** The result of a run, and what the program sent to the engine. */
export interface Run extends RunnerExit {
  readonly logged: readonly Logged[];
  readonly registrations: readonly Registration[];
  readonly outputs: readonly RegisteredOutputs[];
}

/**
 * Runs the program as the CLI does, and records what it registers. It gets no variable of this process's
 * environment.
 */
export const runProgram = async (of: RunOptions): Promise<Run> => {
  const { root = repositoryRoot, stack, dryRun = false, nodeArgs = [] } = of;
  const { answerOfAws, madeByAws } = of;
  const file = readFileSync(join(root, 'Pulumi.yaml'), 'utf8');
  const { name: project, runtime } = Project.parse(load(file));

  const monitor = recordingMonitor({ project, stack, dryRun, answerOfAws, madeByAws });
  const engine = recordingEngine();
  const server = new Server();
  for (const { service, implementation } of [monitor, engine]) {
    server.addService(service, implementation);
  }
  const bind = promisify(server.bindAsync).bind(server);
  const address = `127.0.0.1:${await bind('127.0.0.1:0', ServerCredentials.createInsecure())}`;

  try {
    const exit = await runInRunner({
      ...of,
      root,
      folder: root,
      entry: '.',
      nodeArgs,
      organization: 'organization',
      project,
      monitor: address,
      engine: address,
      parallel: 16,
      dryRun,
      environment: { ...(runtime.options.typescript && { PULUMI_NODEJS_TYPESCRIPT: 'true' }) },
    });
    const { registrations, outputs } = monitor;
    return { ...exit, logged: engine.logged, registrations, outputs };
  } finally {
    server.forceShutdown();
  }
};
