import { once } from 'node:events';
import type { Server } from 'node:http';

const closeTimeoutMs = 1000;

/** Without it, a kept-alive connection delays a close for seconds after its last request. */
const idleSweepIntervalMs = 20;

/**
 * Starts an HTTP server, by default on 127.0.0.1 and on any free port.
 * @throws Error that names the port when it is in use
 */
export async function listen(server: Server, port = 0, host = '127.0.0.1') {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const isPortTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!isPortTaken) throw cause;
    throw new Error(
      `Port ${port} is already in use. Choose another port or stop the process that uses it`,
      {
        cause,
      },
    );
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    /** Accepts no more requests and waits for running ones, at most a second. */
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
