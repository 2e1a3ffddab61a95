import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
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

/** Lambda gives 10 s for loading the module; a busy laptop may need more. */
const loadLimitMs = 30_000;

/**
 * One execution environment of a function: a worker thread with an environment of its own, that
 * serves one event at a time and is used up by a time-out or a crash.
 */
export const openEnvironment = (options: {
  module: URL;
  environment: Readonly<Record<string, string>>;
  log: (line: string) => void;
}) => {
  let alive = true;
  let pending: PromiseWithResolvers<FunctionReply> | undefined;

  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    workerData: options.module.href,
    env: options.environment,
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  for (const input of [worker.stdout, worker.stderr]) {
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', options.log);
  }

  const end = (error: FunctionError) => {
    alive = false;
    pending?.reject(error);
    pending = undefined;
  };
  const stop = async (error: FunctionError) => {
    end(error);
    await worker.terminate();
  };
  worker.on('message', (reply: FunctionReply) => pending?.resolve(reply));
  worker.on('error', (error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    if (pending === undefined) options.log(`${name}: ${message} (after the response)`);
    end(new FunctionError(name, message, stack));
  });
  worker.on('exit', (code) => {
    end(new FunctionError('Runtime.ExitError', `Runtime exited with error: exit status ${code}`));
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
      worker.postMessage(request);
      const outcome = await answer;
      if (outcome.kind === 'returned') return JSON.parse(outcome.result);
      if (outcome.kind === 'ready') throw new Error('the worker said ready twice');
      const { type, message, stack } = outcome.error;
      throw new FunctionError(type, message, stack);
    },
    close: () => stop(new FunctionError('Sandbox.Closed', 'The function was stopped')),
  };
};

export type ExecutionEnvironment = ReturnType<typeof openEnvironment>;
