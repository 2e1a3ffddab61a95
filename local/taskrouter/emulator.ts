import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { badRequest, internalError, notFound, TwilioError } from './errors.ts';
import { sinksApi } from './events/sinks-api.ts';
import { subscribedEventsApi, subscriptionsApi, typesApi } from './events/subscriptions-api.ts';
import { adminApi } from './http/admin-api.ts';
import type { EmulatorEnv } from './http/middleware.ts';
import { reservationsApi, tasksApi } from './http/tasks-api.ts';
import { workspaceApi } from './http/workspace-api.ts';
import { type EmulatorOptions, EmulatorState } from './state.ts';
import { ExpressionError } from './tasks/expression-tokens.ts';
import { IllegalTransition } from './tasks/lifecycle.ts';

export type { TaskRouterEvent as TwinEvent } from './events/event.ts';

export type { Fault, Settings } from './settings.ts';

export type { EmulatorOptions as TwinOptions } from './state.ts';

export type { Stats } from './stats.ts';

export interface TaskRouterEmulator {
  /** Where it listens, e.g. `http://127.0.0.1:40123`: take it in place of https://taskrouter.twilio.com. */
  readonly url: string;
  /** Stops it, and drops open connections and events that are not delivered yet. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in for Twilio's TaskRouter REST API, with one Workspace and no Tasks.
 * @throws Error when the port is taken, ZodError when the settings are wrong.
 */
export async function startTaskRouterEmulator(
  options: EmulatorOptions,
): Promise<TaskRouterEmulator> {
  const state = new EmulatorState(options);
  const host = options.host ?? '127.0.0.1';
  const server = createServer(getRequestListener(createEmulatorApp(state).fetch));
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
}

/** The twin as an HTTP application: Twilio's API and the controls. */
export function createEmulatorApp(state: EmulatorState): Hono<EmulatorEnv> {
  const app = new Hono<EmulatorEnv>();

  app.onError((error, c) => {
    const twilioError = toTwilioError(error);
    const { retryAfterSeconds } = state.settings;
    if (twilioError.status === 412) state.stats.conflicts += 1;
    if (twilioError.status === 401) c.header('WWW-Authenticate', 'Basic realm="Twilio API"');
    if (twilioError.status === 429 && retryAfterSeconds !== null) {
      c.header('Retry-After', String(retryAfterSeconds));
    }
    return c.json(twilioError.toJSON(), twilioError.status);
  });
  app.notFound((c) => c.json(notFound(c.req.path).toJSON(), 404));

  app.use(async (c, next) => {
    // Hono answers a HEAD by running the GET; TaskRouter has none.
    if (c.req.method === 'HEAD') throw notFound(c.req.path);
    await next();
  });
  app.route('/', workspaceApi(state));
  app.route('/', tasksApi(state));
  app.route('/', reservationsApi(state));
  app.route('/', sinksApi(state));
  app.route('/', subscriptionsApi(state));
  app.route('/', subscribedEventsApi(state));
  app.route('/', typesApi(state));
  app.route('/_twin', adminApi(state));
  return app;
}

function toTwilioError(error: Error): TwilioError {
  if (error instanceof TwilioError) return error;
  if (error instanceof IllegalTransition || error instanceof ExpressionError) {
    return badRequest(error.message);
  }
  console.error('The TaskRouter twin failed:', error);
  return internalError();
}
