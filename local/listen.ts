import { once } from 'node:events';
import type { Server } from 'node:http';

const closeTimeoutMs = 1000;

/**
 * How often idle connections are closed, in milliseconds. Without that, a kept-alive connection delays a close by
 * seconds.
 */
const idleSweepIntervalMs = 20;

/**
 * Starts an HTTP server. Default: on 127.0.0.1, on any free port.
 * @throws Error that names the port if the port is in use
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
  if (address === null || typeof address === 'string')
    throw new Error('The server has no TCP address');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    /** Accepts no more requests, and waits at most a second for running requests. */
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
