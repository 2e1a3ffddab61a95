import { createServer, type RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { listen } from '../listen.ts';
import { badRequest, internalError, notFound, TwilioError } from './errors.ts';
import {
  sinksApi,
  subscribedEventsApi,
  subscriptionsApi,
  typesApi,
} from './events/event-streams-api.ts';
import { pluginsApi } from './flex/plugins-api.ts';
import { adminApi } from './http/admin-api.ts';
import type { EmulatorEnv } from './http/middleware.ts';
import { reservationsApi, tasksApi, workspaceApi } from './http/workspace-api.ts';
import { type EmulatorOptions, EmulatorState } from './state.ts';
import { ExpressionError } from './tasks/expression.ts';
import { IllegalTransition } from './tasks/lifecycle.ts';

export type { Fault, Settings } from './settings.ts';
export type { EmulatorOptions, Stats } from './state.ts';

export interface TaskRouterEmulator {
  /** The emulator's base URL, e.g. `http://127.0.0.1:40123`. Use it instead of https://taskrouter.twilio.com. */
  url: string;
  /** Stops the emulator. It drops open connections and events that are not delivered yet. */
  close(): Promise<void>;
}

/**
 * Starts an emulator of Twilio's TaskRouter REST API on 127.0.0.1, with one Workspace and no Tasks.
 * @throws Error if the port is in use, ZodError if a setting is not valid
 */
export function startTaskRouterEmulator(options: EmulatorOptions): Promise<TaskRouterEmulator> {
  const state = new EmulatorState(options);
  return serveEmulator(state, getRequestListener(createEmulatorApp(state).fetch));
}

/** Starts an emulator with the given state and HTTP listener, on the port in the options of the state. */
export async function serveEmulator(
  state: EmulatorState,
  listener: RequestListener,
): Promise<TaskRouterEmulator> {
  const server = createServer(listener);
  const { url, close } = await listen(server, state.options.port);
  state.url = url;
  return {
    url,
    close: async () => {
      state.close();
      const closed = close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The emulator as an HTTP application: Twilio's API and the admin API. */
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
    // Hono answers HEAD as GET. TaskRouter has no HEAD.
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
  app.route('/', pluginsApi(state));
  app.route('/_emulator', adminApi(state));
  return app;
}

function toTwilioError(error: Error): TwilioError {
  if (error instanceof TwilioError) return error;
  if (error instanceof IllegalTransition || error instanceof ExpressionError) {
    return badRequest(error.message);
  }
  console.error('The TaskRouter emulator failed:', error);
  return internalError();
}
