import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';

/** What the worker is asked, and what it says. Events and results cross as JSON, as on Lambda. */
export interface FunctionRequest {
  readonly id: string;
  readonly event: string;
  readonly timeoutMs: number;
}
export type FunctionReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'returned'; readonly result: string }
  | {
      readonly kind: 'failed';
      readonly error: { type: string; message: string; stack: string | undefined };
    };

/** What the function came to when it did not return: `name` is the type Lambda would report. */
export class FunctionError extends Error {
  constructor(type: string, message: string, stack?: string) {
    super(message);
    this.name = type;
    if (stack !== undefined) this.stack = stack;
  }
}

export interface EnvironmentOptions {
  readonly module: URL;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** What it runs in: a worker thread where not given. Only a process can be killed. */
  readonly runsIn?: 'thread' | 'process' | undefined;
  /** Options of Node, such as `--import`. */
  readonly execArgv?: readonly string[] | undefined;
}

/** What a function runs in, as far as it is used here: it emits `message`, `error` and `exit`. */
interface Carrier {
  readonly emitter: Pick<NodeJS.EventEmitter, 'on'>;
  readonly output: readonly Readable[];
  post(request: FunctionRequest): void;
  /** Ends it at once, whatever it is doing. */
  end(): Promise<unknown>;
}

const inside = new URL('./function-worker.ts', import.meta.url);

const startThread = ({ module, environment, execArgv = [] }: EnvironmentOptions): Carrier => {
  const worker = new Worker(inside, {
    workerData: module.href,
    env: environment,
    execArgv: [...execArgv],
    stdout: true,
    stderr: true,
  });
  return {
    emitter: worker,
    output: [worker.stdout, worker.stderr],
    post: (request) => worker.postMessage(request),
    end: () => worker.terminate(),
  };
};

const startProcess = ({ module, environment, execArgv = [] }: EnvironmentOptions): Carrier => {
  const child = fork(inside, [module.href], {
    env: environment,
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return {
    emitter: child,
    output: [child.stdout, child.stderr].filter((stream) => stream !== null),
    post: (request) => void child.send(request),
    end: async () => {
      if (child.kill('SIGKILL')) await exited;
    },
  };
};

/** Lambda gives 10 s for loading the module; a busy laptop may need more. */
const loadLimitMs = 30_000;

/**
 * One execution environment of a function: a worker thread or a process with an environment of its
 * own, that serves one event at a time and is used up by a time-out or a crash.
 */
export const openEnvironment = (options: EnvironmentOptions) => {
  let alive = true;
  let isServing = false;
  let pending: PromiseWithResolvers<FunctionReply> | undefined;

  const carrier = options.runsIn === 'process' ? startProcess(options) : startThread(options);
  for (const input of carrier.output) {
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', options.log);
  }

  const end = (error: FunctionError) => {
    alive = false;
    pending?.reject(error);
    pending = undefined;
  };
  const stop = async (error: FunctionError) => {
    end(error);
    await carrier.end();
  };
  carrier.emitter.on('message', (reply: FunctionReply) => pending?.resolve(reply));
  carrier.emitter.on('error', (error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    if (pending === undefined) options.log(`${name}: ${message} (after the response)`);
    end(new FunctionError(name, message, stack));
  });
  carrier.emitter.on('exit', (code: number | null, signal?: string) => {
    const how = code === null ? `signal: ${signal}` : `exit status ${code}`;
    end(new FunctionError('Runtime.ExitError', `Runtime exited with error: ${how}`));
  });

  const reply = async (limitMs: number, timeOut: FunctionError): Promise<FunctionReply> => {
    pending = Promise.withResolvers<FunctionReply>();
    const timer = setTimeout(() => void stop(timeOut), limitMs);
    try {
      return await pending.promise;
    } finally {
      clearTimeout(timer);
      pending = undefined;
    }
  };

  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const timedOut = (what: string, ms: number) =>
    new FunctionError('Sandbox.Timedout', `${what} timed out after ${seconds(ms)} seconds`);

  const loaded = reply(loadLimitMs, timedOut('Loading the module', loadLimitMs)).then(
    async (first) => {
      if (first.kind !== 'failed') return;
      const { type, message, stack } = first.error;
      const error = new FunctionError(type, message, stack);
      await stop(error);
      throw error;
    },
  );
  loaded.catch(() => {});

  return {
    /** Whether it may serve another event. */
    isAlive: () => alive,
    /** Whether it has an event. */
    isServing: () => isServing && alive,
    /** Settles when the module is loaded. */
    loaded: () => loaded,
    /** Serves one event. @throws FunctionError when the function threw, timed out or crashed. */
    serve: async (event: unknown, timeoutMs: number): Promise<unknown> => {
      await loaded;
      const answer = reply(timeoutMs, timedOut('Task', timeoutMs));
      const request: FunctionRequest = {
        id: randomUUID(),
        event: JSON.stringify(event),
        timeoutMs,
      };
      isServing = true;
      carrier.post(request);
      const outcome = await answer.finally(() => {
        isServing = false;
      });
      if (outcome.kind === 'returned') return JSON.parse(outcome.result);
      if (outcome.kind === 'ready') throw new Error('the worker said ready twice');
      const { type, message, stack } = outcome.error;
      throw new FunctionError(type, message, stack);
    },
    /** Ends it at once, as a crash does: a process is killed. */
    crash: (): void => void carrier.end(),
    close: () => stop(new FunctionError('Sandbox.Closed', 'The function was stopped')),
  };
};

export type ExecutionEnvironment = ReturnType<typeof openEnvironment>;
