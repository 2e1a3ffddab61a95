import { stopSignal } from '../ops/context.ts';
import type { LambdaFunction } from './aws/function.ts';

/** Records the parts that have started, and stops them in reverse order. */
export function createLifecycle() {
  const closeCallbacks: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closeCallbacks.splice(0).reverse()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some parts did not stop');
  };
  const run = async <Result>(step: Promise<Result>): Promise<Result> => {
    try {
      return await step;
    } catch (error) {
      await closeAll();
      throw error;
    }
  };
  return {
    closeAll,
    /** Waits for a step. If the step fails, all parts that have started are stopped. */
    run,
    /**
     * Waits for a part to start and records how to stop it. If it does not start, all earlier parts are stopped.
     */
    start: async <Part extends { close(): Promise<void> }>(starting: Promise<Part>) => {
      const part = await run(starting);
      closeCallbacks.push(() => part.close());
      return part;
    },
  };
}

/** A function that can be stopped and started again. It starts again without its old state. */
export interface RestartableFunction extends LambdaFunction {
  /** Starts the function again after `close`. In between, every invocation is rejected. */
  restart(): void;
}

/** Makes a function restartable. `start` creates a new instance each time. */
export function restartableFunction(start: () => LambdaFunction): RestartableFunction {
  let current = start();
  return {
    invoke: (event) => current.invoke(event),
    warm: () => current.warm(),
    crash: () => current.crash(),
    close: () => current.close(),
    restart: () => {
      current = start();
    },
  };
}

interface Server {
  url: string;
  close(): Promise<void>;
}

/** A server that can be stopped and started again on the same port. */
interface RestartableServer extends Server {
  restart(): Promise<void>;
}

/** Starts a server and makes it restartable. `start` gets the port to listen on. */
export async function restartableServer(
  port: number | undefined,
  start: (port: number | undefined) => Promise<Server>,
): Promise<RestartableServer> {
  let current = await start(port);
  let isOpen = true;
  const { url } = current;
  return {
    url,
    close: async () => {
      if (isOpen) await current.close();
      isOpen = false;
    },
    restart: async () => {
      current = await start(Number(new URL(url).port));
      isOpen = true;
    },
  };
}

const parentCheckIntervalMs = 250;

/**
 * Calls `stop` once and exits with 0. Three things cause that: Ctrl-C or SIGTERM, a closed pipe on our output (`|
 * head`), and the end of npm, which started us (its shell may end without passing the signal on). A second signal
 * ends the process at once.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;

  const stopAndExit = async () => {
    if (isStopping) return;
    isStopping = true;
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      process.stderr.write(`Shutdown failed: ${error}\n`);
      process.exit(1);
    }
  };

  stopSignal().addEventListener('abort', () => void stopAndExit());

  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      void stopAndExit();
    });
  }

  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stopAndExit();
  }, parentCheckIntervalMs).unref();
}
