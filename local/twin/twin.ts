import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { twinApp } from './app.ts';
import { type TwinOptions, TwinState } from './state.ts';

export type { TwinEvent } from './events/twin-event.ts';
export type { Fault, Settings } from './settings.ts';
export type { TwinOptions } from './state.ts';
export type { Stats } from './stats.ts';

export interface Twin {
  /** Where it listens, e.g. `http://127.0.0.1:40123`: take it in place of https://taskrouter.twilio.com. */
  readonly url: string;
  /** Stops it, and drops open connections and events that are not delivered yet. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in for Twilio's TaskRouter REST API, with one Workspace and no Tasks.
 * @throws Error when the port is taken, ZodError when the settings are wrong.
 */
export const startTwin = async (options: TwinOptions): Promise<Twin> => {
  const state = new TwinState(options);
  const host = options.host ?? '127.0.0.1';
  const server = createServer(getRequestListener(twinApp(state).fetch));
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');

  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The twin has no port');
  state.url = `http://${host}:${address.port}`;

  return {
    url: state.url,
    close: async () => {
      const closed = once(server, 'close');
      state.close();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
