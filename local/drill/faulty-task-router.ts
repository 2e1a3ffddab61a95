import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import {
  createEmulatorApp,
  type EmulatorOptions,
  serveEmulator,
  type TaskRouterEmulator,
} from '../taskrouter/emulator.ts';
import { EmulatorState } from '../taskrouter/state.ts';

/** The faults of TaskRouter. The emulator itself has none. */
interface TaskRouterFaults {
  /** The response to every request: 503, 401 because the key is not valid, or the page of a proxy. */
  everywhere: 'none' | 'unavailable' | 'unauthorized' | 'html';
  /** Tasks whose updates get a 400. */
  rejectsUpdates: Set<string>;
  /** Tasks that end the process of the function that reads them. */
  endsSync: Set<string>;
}

/**
 * An emulator of TaskRouter with faults. They do not affect the admin API.
 * @param crashSync ends the function that waits for the response
 */
export function createFaultyTaskRouter(crashSync: () => void) {
  const faults: TaskRouterFaults = {
    everywhere: 'none',
    rejectsUpdates: new Set(),
    endsSync: new Set(),
  };
  const start = (options: EmulatorOptions): Promise<TaskRouterEmulator> => {
    const state = new EmulatorState(options);
    const listener = getRequestListener(createEmulatorApp(state).fetch);
    return serveEmulator(state, (request, response) => {
      const { url = '', method } = request;
      const [, taskSid = ''] = /^\/v1\/.*\/Tasks\/(WT[0-9a-f]{32})/.exec(url) ?? [];
      if (faults.endsSync.has(taskSid)) return crashSync();
      if (faults.rejectsUpdates.has(taskSid) && method === 'POST') {
        return answer(response, 400, twilioError(400, 20001, 'Invalid parameter'));
      }
      const fault = url.startsWith('/v1/') ? answers[faults.everywhere] : undefined;
      const isOfOtherKey = faults.everywhere === 'unauthorized' && !usesApiKey(request);
      if (fault !== undefined && !isOfOtherKey) return answer(response, ...fault);
      return void listener(request, response);
    });
  };
  return { faults, start };
}

type Answer = readonly [status: number, body: string];

/** Source of the errors: https://www.twilio.com/docs/api/errors */
const answers: Readonly<Record<TaskRouterFaults['everywhere'], Answer | undefined>> = {
  none: undefined,
  unavailable: [503, twilioError(503, 20503, 'Service unavailable')],
  unauthorized: [401, twilioError(401, 20003, 'Authenticate')],
  html: [200, '<!doctype html><title>Sign in to the proxy</title>'],
};

/**
 * Whether the request uses the API key. The account's Auth Token is accepted too, and stays valid when the key is
 * not.
 */
function usesApiKey({ headers: { authorization = '' } }: IncomingMessage): boolean {
  return Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().startsWith('SK');
}

function twilioError(status: number, code: number, message: string): string {
  return JSON.stringify({ code, message, more_info: '', status });
}

function answer(response: ServerResponse, status: number, body: string): void {
  const type = body.startsWith('{') ? 'application/json' : 'text/html';
  response.writeHead(status, { 'content-type': type }).end(body);
}
