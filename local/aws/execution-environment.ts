import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';

/**
 * The messages between an execution environment and its worker. Events and results are JSON texts, as on Lambda.
 */
export interface InvokeRequest {
  id: string;
  event: string;
  timeoutMs: number;
}

export type InvokeReply =
  | { kind: 'ready' }
  | { kind: 'returned'; result: string }
  | {
      kind: 'failed';
      error: { type: string; message: string; stack: string | undefined };
    };

/** An invocation that failed. `name` is the error type that Lambda reports. */
export class FunctionError extends Error {
  constructor(type: string, message: string, stack?: string) {
    super(message);
    this.name = type;
    if (stack !== undefined) this.stack = stack;
  }
}

export interface ExecutionEnvironmentOptions {
  module: URL;
  environment: Readonly<Record<string, string>>;
  log: (line: string) => void;
  /** A worker thread by default. Only a process can be killed while it runs an event. */
  runsIn?: 'thread' | 'process' | undefined;
  /** Command-line options for Node, e.g. `--import`. */
  execArgv?: readonly string[] | undefined;
}

/** The thread or process that runs a function. `emitter` emits `message`, `error` and `exit`. */
interface RuntimeHost {
  emitter: Pick<NodeJS.EventEmitter, 'on'>;
  output: readonly Readable[];
  send(request: InvokeRequest): void;
  /** Ends the thread or process at once, even while it handles an event. */
  kill(): Promise<unknown>;
}

const workerModule = new URL('./function-worker.ts', import.meta.url);

/** Lambda allows 10 s to load the module. A busy laptop needs more. */
const initTimeoutMs = 120_000;

/**
 * Starts an execution environment of a function: a worker thread or a process, with its own environment variables.
 * It handles one event at a time. After a timeout or a crash it handles no more events.
 */
export function startExecutionEnvironment(options: ExecutionEnvironmentOptions) {
  let alive = true;
  let isServing = false;
  let pending: PromiseWithResolvers<InvokeReply> | undefined;

  const host = options.runsIn === 'process' ? startProcess(options) : startThread(options);
  for (const input of host.output) {
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', options.log);
  }

  const markDead = (error: FunctionError) => {
    alive = false;
    pending?.reject(error);
    pending = undefined;
  };
  const terminate = async (error: FunctionError) => {
    markDead(error);
    await host.kill();
  };
  host.emitter.on('message', (message: InvokeReply) => pending?.resolve(message));
  host.emitter.on('error', (error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    if (pending === undefined) options.log(`${name}: ${message} (after the response)`);
    markDead(new FunctionError(name, message, stack));
  });
  host.emitter.on('exit', (code: number | null, signal?: string) => {
    const how = code === null ? `signal: ${signal}` : `exit status ${code}`;
    markDead(new FunctionError('Runtime.ExitError', `Runtime exited with error: ${how}`));
  });

  const waitForReply = async (limitMs: number, timeOut: FunctionError): Promise<InvokeReply> => {
    pending = Promise.withResolvers<InvokeReply>();
    const timer = setTimeout(() => void terminate(timeOut), limitMs);
    try {
      return await pending.promise;
    } finally {
      clearTimeout(timer);
      pending = undefined;
    }
  };

  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const timeoutError = (what: string, ms: number) =>
    new FunctionError('Sandbox.Timedout', `${what} timed out after ${seconds(ms)} seconds`);

  const loaded = waitForReply(
    initTimeoutMs,
    timeoutError('Loading the module', initTimeoutMs),
  ).then(async (first) => {
    if (first.kind !== 'failed') return;
    const { type, message, stack } = first.error;
    const error = new FunctionError(type, message, stack);
    await terminate(error);
    throw error;
  });
  loaded.catch(() => {});

  return {
    /** Whether the environment can handle another event. */
    isAlive: () => alive,
    /** Whether the environment is handling an event. */
    isServing: () => isServing && alive,
    /** Resolves when the module is loaded. */
    loaded: () => loaded,
    /**
     * Handles one event.
     * @throws FunctionError if the function throws, times out or crashes
     */
    invoke: async (event: unknown, timeoutMs: number): Promise<unknown> => {
      await loaded;
      const answer = waitForReply(timeoutMs, timeoutError('Task', timeoutMs));
      const request: InvokeRequest = {
        id: randomUUID(),
        event: JSON.stringify(event),
        timeoutMs,
      };
      isServing = true;
      host.send(request);
      const outcome = await answer.finally(() => {
        isServing = false;
      });
      if (outcome.kind === 'returned') return JSON.parse(outcome.result);
      if (outcome.kind === 'ready') throw new Error('The worker said twice that it is ready');
      const { type, message, stack } = outcome.error;
      throw new FunctionError(type, message, stack);
    },
    /** Ends the environment at once, as a crash does. A process gets SIGKILL. */
    crash: (): void => {
      isServing = false;
      void host.kill();
    },
    close: () => terminate(new FunctionError('Sandbox.Closed', 'The function was stopped')),
  };
}

export type ExecutionEnvironment = ReturnType<typeof startExecutionEnvironment>;

function startThread({
  module,
  environment,
  execArgv = [],
}: ExecutionEnvironmentOptions): RuntimeHost {
  const worker = new Worker(workerModule, {
    workerData: module.href,
    env: environment,
    execArgv: [...execArgv],
    stdout: true,
    stderr: true,
  });
  return {
    emitter: worker,
    output: [worker.stdout, worker.stderr],
    send: (request) => worker.postMessage(request),
    kill: () => worker.terminate(),
  };
}

function startProcess({
  module,
  environment,
  execArgv = [],
}: ExecutionEnvironmentOptions): RuntimeHost {
  const child = fork(workerModule, [module.href], {
    env: environment,
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return {
    emitter: child,
    output: [child.stdout, child.stderr].filter((stream) => stream !== null),
    send: (request) => void child.send(request),
    kill: async () => {
      if (child.kill('SIGKILL')) await exited;
    },
  };
}
