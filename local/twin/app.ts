import { Hono } from 'hono';
import { controls } from './controls.ts';
import type { TwinEnv } from './door.ts';
import { sinksApi } from './events/sinks-api.ts';
import { subscribedEventsApi } from './events/subscribed-events-api.ts';
import { subscriptionsApi } from './events/subscriptions-api.ts';
import { typesApi } from './events/types-api.ts';
import { ExpressionError } from './expression-tokens.ts';
import { IllegalTransition } from './life-cycle.ts';
import { reservationsApi } from './reservations-api.ts';
import type { TwinState } from './state.ts';
import { tasksApi } from './tasks-api.ts';
import { badRequest, internalError, notFound, TwilioError } from './twilio-errors.ts';
import { workspaceApi } from './workspace-api.ts';

const asTwilioError = (error: Error): TwilioError => {
  if (error instanceof TwilioError) return error;
  if (error instanceof IllegalTransition || error instanceof ExpressionError) {
    return badRequest(error.message);
  }
  console.error('The TaskRouter twin failed:', error);
  return internalError();
};

/** The twin as an HTTP application: Twilio's API and the controls. */
export const twinApp = (state: TwinState): Hono<TwinEnv> => {
  const app = new Hono<TwinEnv>();

  app.onError((error, c) => {
    const answer = asTwilioError(error);
    const { retryAfterSeconds } = state.settings;
    if (answer.status === 412) state.stats.conflicts += 1;
    if (answer.status === 401) c.header('WWW-Authenticate', 'Basic realm="Twilio API"');
    if (answer.status === 429 && retryAfterSeconds !== null) {
      c.header('Retry-After', String(retryAfterSeconds));
    }
    return c.json(answer.toJSON(), answer.status);
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
  app.route('/_twin', controls(state));
  return app;
};
