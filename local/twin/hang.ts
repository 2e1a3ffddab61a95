import type { IncomingMessage } from 'node:http';

const longestMs = 30_000;

/** Leaves a request without an answer until its client gives up; drops it after 30 s at the latest. */
export const hang = ({ socket }: IncomingMessage, limitMs = longestMs): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) {
      resolve();
      return;
    }
    const timer = setTimeout(() => socket.destroy(), limitMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
