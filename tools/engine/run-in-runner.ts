import { execFile, execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The Node that runs the program: the one in `RUNNER_NODE`, or the one that runs this process. */
const node = process.env['RUNNER_NODE'] ?? process.execPath;
export const nodeVersion = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

/** The exit code of a run, and all its output. */
export interface RunnerExit {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The arguments that the CLI's language host passes to Pulumi's runner. */
interface RunnerInput {
  /** The directory of the project. */
  readonly root: string;
  /** The directory of the program, and its entry file in that directory. */
  readonly folder: string;
  readonly entry: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  /** The address of the engine. */
  readonly monitor: string;
  readonly engine: string;
  readonly parallel: number;
  readonly dryRun: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[];
}

/**
 * Runs a program in Pulumi's own runner, as the CLI's language host does.
 * Source: https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/cmd/pulumi-language-nodejs/main.go
 */
export function runInRunner(of: RunnerInput): Promise<RunnerExit> {
  const { folder, entry } = of;
  const namespaced = Object.entries(of.config).map(([key, value]) => [
    key.replace(':', ':config:'),
    value,
  ]);
  const args = [
    ...(of.nodeArgs ?? []),
    createRequire(join(folder, 'program')).resolve('@pulumi/pulumi/cmd/run'),
    ...['--monitor', of.monitor],
    ...['--engine', of.engine],
    ...['--organization', of.organization],
    ...['--project', of.project],
    ...['--root-directory', of.root],
    ...['--stack', of.stack],
    ...['--pwd', folder],
    ...(of.dryRun ? ['--dry-run'] : []),
    ...['--parallel', String(of.parallel)],
    entry,
  ];
  const env = {
    ...of.environment,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(namespaced)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(of.secretKeys),
  };
  return new Promise((resolve, reject) => {
    execFile(node, args, { cwd: folder, env, timeout: 900_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(error);
    });
  });
}
