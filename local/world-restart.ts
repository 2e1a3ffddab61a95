import type { LambdaFunction } from './aws/function.ts';

/** A function that can be stopped and started again, with nothing left of what it was. */
export interface RestartableFunction extends LambdaFunction {
  /** Starts it again. Until then, what is invoked is rejected. */
  restart(): void;
}

/** Makes a function restartable. `start` gives a new one each time. */
export const restartableFunction = (start: () => LambdaFunction): RestartableFunction => {
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
};

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** A server that can be stopped and started again on the port that it had. */
export interface RestartableServer extends Server {
  restart(): Promise<void>;
}

/** Starts a server and makes it restartable. `start` is given the port that it must have. */
export const restartableServer = async (
  port: number | undefined,
  start: (port: number | undefined) => Promise<Server>,
): Promise<RestartableServer> => {
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
};
