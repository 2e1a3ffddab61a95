import { devNull } from 'node:os';
import pLimit from 'p-limit';
import { functionMegabytes } from '../../shared/config/limits.ts';
import {
  type ExecutionEnvironment,
  type ExecutionEnvironmentOptions,
  FunctionError,
  startExecutionEnvironment,
} from './execution-environment.ts';

export interface LambdaFunction {
  /** Runs the handler on one event, as soon as one of the `concurrency` environments is free. */
  invoke(event: unknown): Promise<unknown>;
  /**
   * Loads the module in one environment before the first event.
   * @throws Error that says why the module does not load
   */
  warm(): Promise<void>;
  /**
   * Ends an environment that is handling an event, as a crash does.
   * @returns false if no environment is handling one
   */
  crash(): boolean;
  /** Stops all environments at once. Invocations that run or wait are rejected. */
  close(): Promise<void>;
}

/**
 * Runs a Lambda module as Lambda does. At most `concurrency` environments exist at once, and they are used again.
 * Events that find no free environment wait. A timeout or a crash ends the environment, a thrown error does not.
 * `log` gets each line that the handler writes to stdout or stderr.
 */
export function startFunction(
  options: ExecutionEnvironmentOptions & {
    name: string;
    timeoutMs: number;
    concurrency: number;
    /** How many spare environments are loaded. They replace environments that end. Default: none. */
    standby?: number | undefined;
  },
): LambdaFunction {
  const environment = { ...runtimeVariables(options.name), ...options.environment };
  const limit = pLimit(options.concurrency);
  const environments = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  let closed = false;

  const start = (): ExecutionEnvironment => {
    const started = startExecutionEnvironment({ ...options, environment });
    environments.add(started);
    return started;
  };
  const standby = Array.from({ length: options.standby ?? 0 }, start);

  const acquire = (): ExecutionEnvironment => {
    if (closed) throw new FunctionError('Sandbox.Closed', 'The function was stopped');
    const warm = idle.pop();
    if (warm?.isAlive()) return warm;
    if (warm !== undefined) {
      environments.delete(warm);
      return acquire();
    }
    const next = start();
    standby.push(next);
    return standby.shift() ?? next;
  };

  const withEnvironment = <Result>(work: (environment: ExecutionEnvironment) => Promise<Result>) =>
    limit(async () => {
      const taken = acquire();
      try {
        return await work(taken);
      } finally {
        if (taken.isAlive()) idle.push(taken);
        else environments.delete(taken);
      }
    });

  return {
    invoke: (event) => withEnvironment((taken) => taken.invoke(event, options.timeoutMs)),
    warm: async () => {
      try {
        await withEnvironment((taken) => taken.loaded());
      } catch (cause) {
        throw new Error(`The module of ${options.name} does not load: ${cause}`, { cause });
      }
    },
    crash: () => {
      const serving = [...environments].find((open) => open.isServing());
      serving?.crash();
      return serving !== undefined;
    },
    close: async () => {
      closed = true;
      await Promise.all([...environments].map((open) => open.close()));
    },
  };
}

/**
 * The environment variables that Lambda itself sets. The credentials are not valid, and the AWS profile files of
 * this machine cannot be reached.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
function runtimeVariables(name: string): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(functionMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
