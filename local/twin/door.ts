import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { mayEnter } from './access.ts';
import { hang } from './hang.ts';
import type { Fault } from './settings.ts';
import { newSid } from './sids.ts';
import type { TwinState } from './state.ts';
import type { Operation } from './stats.ts';
import {
  internalError,
  notFound,
  type TwilioError,
  tooManyRequests,
  unauthorised,
  unavailable,
} from './twilio-errors.ts';

export type TwinEnv = { Bindings: HttpBindings };

const answers: Readonly<Partial<Record<Fault, () => TwilioError>>> = {
  '429': tooManyRequests,
  '500': internalError,
  '503': unavailable,
};

/**
 * What every call for Tasks and reservations passes: it is counted, slowed, spoilt if its turn has
 * come, and let in.
 */
export const door =
  (
    state: TwinState,
    operationOf: (c: Context<TwinEnv>) => Operation,
  ): MiddlewareHandler<TwinEnv, '/:WorkspaceSid'> =>
  async (c, next) => {
    const fault = state.nextFault();
    state.stats.calls[operationOf(c)] += 1;
    c.header('Twilio-Request-Id', newSid('RQ'));
    await sleep(state.settings.latencyMs, undefined, { ref: false });

    if (fault !== undefined || state.settings.outage) state.stats.faultsInjected += 1;
    if (state.settings.outage) throw unavailable();
    const answer = fault && answers[fault];
    if (answer !== undefined) throw answer();
    if (fault === 'timeout-before') {
      await hang(c.env.incoming);
      return c.body(null);
    }

    if (!mayEnter(state, c.req.raw)) throw unauthorised();
    if (c.req.param('WorkspaceSid') !== state.options.workspaceSid) throw notFound(c.req.path);
    await next();
    if (fault === 'timeout-after') await hang(c.env.incoming);
    return undefined;
  };
