import type { LambdaFunction } from './aws/function.ts';

/** What was started, to be stopped in reverse order. */
export function createLifecycle() {
  const closeCallbacks: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closeCallbacks.splice(0).reverse()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything stopped cleanly');
  };
  return {
    closeAll,
    /** Waits for a part to start and notes how to stop it. Where it fails, all before it is stopped. */
    start: async <Part extends { close(): Promise<void> }>(starting: Part | Promise<Part>) => {
      try {
        const part = await starting;
        closeCallbacks.push(() => part.close());
        return part;
      } catch (error) {
        await closeAll();
        throw error;
      }
    },
  };
}

/** A function that can be stopped and started again, with nothing left of what it was. */
interface RestartableFunction extends LambdaFunction {
  /** Starts it again. Until then, what is invoked is rejected. */
  restart(): void;
}

/** Makes a function restartable. `start` gives a new one each time. */
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
  readonly url: string;
  close(): Promise<void>;
}

/** A server that can be stopped and started again on the port that it had. */
interface RestartableServer extends Server {
  restart(): Promise<void>;
}

/** Starts a server and makes it restartable. `start` is given the port that it must have. */
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
