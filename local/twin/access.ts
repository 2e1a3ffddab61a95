import type { MiddlewareHandler } from 'hono';
import { auth } from 'hono/utils/basic-auth';
import { newSid } from './sids.ts';
import type { TwinState } from './state.ts';
import { unauthorised } from './twilio-errors.ts';

/**
 * Whether a request may enter: the key with its secret, and the account with its token where it has
 * one.
 */
export const mayEnter = ({ options }: TwinState, request: Request): boolean => {
  const given = auth(request);
  if (given === undefined) return false;
  const { username, password } = given;
  if (username === options.apiKey) return password === options.apiSecret;
  return (
    username === options.accountSid &&
    options.authToken !== undefined &&
    password === options.authToken
  );
};

/**
 * What a call passes that sets something up, of the Workspace or of Event Streams: it is let in, and
 * neither counted nor spoilt, so that it does not shift the faults of the others.
 */
export const setUpDoor =
  (state: TwinState): MiddlewareHandler =>
  async (c, next) => {
    c.header('Twilio-Request-Id', newSid('RQ'));
    if (!mayEnter(state, c.req.raw)) throw unauthorised();
    await next();
  };
