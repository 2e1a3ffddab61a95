import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { listen } from '../../local/listen.ts';

/** Starts a server on a free port of this machine, until the test ends, and gives its URL. */
export async function serve(server: Server): Promise<string> {
  const { url, close } = await listen(server);
  onTestFinished(() => {
    const closed = close();
    server.closeAllConnections();
    return closed;
  });
  return url;
}

/** Calls a function when the test ends, unless the test has called the one that this gives. */
export function onceAtEnd(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  const closeOnce = () => {
    closed ??= close();
    return closed;
  };
  onTestFinished(closeOnce);
  return closeOnce;
}

/** Whether anything answers at a URL. */
export function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
