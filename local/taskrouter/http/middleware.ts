import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { auth } from 'hono/utils/basic-auth';
import {
  internalError,
  notFound,
  type TwilioError,
  tooManyRequests,
  unauthorized,
  unavailable,
} from '../errors.ts';
import type { Fault } from '../settings.ts';
import { newSid } from '../sids.ts';
import type { EmulatorState, Operation } from '../state.ts';

export type EmulatorEnv = { Bindings: HttpBindings };

const faultErrors: Readonly<Partial<Record<Fault, () => TwilioError>>> = {
  '429': tooManyRequests,
  '500': internalError,
  '503': unavailable,
};

/**
 * Handles every call about Tasks and reservations: counts it, delays it, injects a fault if one is due, and checks
 * the credentials.
 */
export function taskMiddleware(
  state: EmulatorState,
  operationOf: (c: Context<EmulatorEnv>) => Operation,
): MiddlewareHandler<EmulatorEnv, '/:WorkspaceSid'> {
  return async (c, next) => {
    const fault = state.nextFault();
    state.stats.calls[operationOf(c)] += 1;
    c.header('Twilio-Request-Id', newSid('RQ'));
    await sleep(state.settings.latencyMs, undefined, { ref: false });

    if (fault !== undefined || state.settings.outage) state.stats.faultsInjected += 1;
    if (state.settings.outage) throw unavailable();
    const createError = fault && faultErrors[fault];
    if (createError !== undefined) throw createError();
    if (fault === 'timeout-before') {
      await leaveUnanswered(c.env.incoming);
      return c.body(null);
    }

    if (!isAuthorized(state, c.req.raw)) throw unauthorized();
    if (c.req.param('WorkspaceSid') !== state.options.workspaceSid) throw notFound(c.req.path);
    await next();
    if (fault === 'timeout-after') await leaveUnanswered(c.env.incoming);
    return undefined;
  };
}

/**
 * Checks the credentials of calls about the Workspace and Event Streams. Such calls are not counted and get no
 * faults, so that they do not change which call about a Task gets a fault.
 */
export function authenticate(state: EmulatorState): MiddlewareHandler {
  return async (c, next) => {
    c.header('Twilio-Request-Id', newSid('RQ'));
    if (!isAuthorized(state, c.req.raw)) throw unauthorized();
    await next();
  };
}

const maxHangMs = 30_000;

/** Leaves a request without a response until the client gives up. After 30 s it drops the connection. */
export function leaveUnanswered({ socket }: IncomingMessage, limitMs = maxHangMs): Promise<void> {
  return new Promise((resolve) => {
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
}

/** Whether the credentials are valid: the API key and its secret, or the account SID and its Auth Token. */
function isAuthorized({ options }: EmulatorState, request: Request): boolean {
  const credentials = auth(request);
  if (credentials === undefined) return false;
  const { username, password } = credentials;
  if (username === options.apiKey) return password === options.apiSecret;
  return (
    username === options.accountSid &&
    options.authToken !== undefined &&
    password === options.authToken
  );
}
