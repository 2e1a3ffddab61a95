import { once } from 'node:events';
import type { Server } from 'node:http';

const closeTimeoutMs = 1000;

/** A connection that is kept alive would else hold up a close for seconds after its last request. */
const idleSweepIntervalMs = 20;

/**
 * Starts an HTTP server on 127.0.0.1, on any free port where none is given.
 * @throws Error that says so when the port is taken.
 */
export async function listen(server: Server, port = 0) {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    const isPortTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!isPortTaken) throw cause;
    throw new Error(`Port ${port} is taken: give another one, or end what listens there`, {
      cause,
    });
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Takes no more requests and lets those at work end, within a second. */
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      const idleSweep = setInterval(() => server.closeIdleConnections(), idleSweepIntervalMs);
      const closeTimeout = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
      await closed;
      clearInterval(idleSweep);
      clearTimeout(closeTimeout);
    },
  };
}
