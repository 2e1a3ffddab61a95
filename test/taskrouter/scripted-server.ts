import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  createTaskRouterClient,
  type TaskRouterClientOptions,
} from '../../shared/taskrouter/client.ts';
import { serve } from '../local/serve.ts';

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawQuery: string;
  /** The client's port. */
  readonly port: number | undefined;
  /** Milliseconds, since any fixed time. */
  readonly at: number;
}

export interface ScriptedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown;
}

/** Responds to a request, or uses the response itself and returns nothing. */
export type Script = (
  seen: ReceivedRequest,
  response: ServerResponse,
) => ScriptedResponse | undefined;

export const workspaceSid = `WS${'0'.repeat(32)}`;
export const taskSid = `WT${'1'.repeat(32)}`;
export const credentials = { accountSid: 'AC0', apiKey: 'SK0', apiSecret: 'sesame: öffne' };

/** A server on a free port of this machine, until the test ends. */
export const startServer = async (
  script: Script,
): Promise<{ url: string; seen: ReceivedRequest[] }> => {
  const seen: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://any');
    const one: ReceivedRequest = {
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      rawQuery: (request.url ?? '').slice(pathname.length),
      headers: request.headers,
      form: new URLSearchParams(await text(request)),
      port: request.socket.remotePort,
      at: performance.now(),
    };
    seen.push(one);
    const scripted = script(one, response);
    if (scripted === undefined) return;
    const { status = 200, headers = {}, body = '' } = scripted;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return { url: await serve(server), seen };
};

export const createClient = (url: string, options: Partial<TaskRouterClientOptions> = {}) =>
  createTaskRouterClient({
    credentials,
    workspaceSid,
    url,
    evaluationsPerSecond: 1000,
    ...options,
  });

/** A TaskRouter whose server follows the script. */
export const scripted = async (script: Script, options?: Partial<TaskRouterClientOptions>) => {
  const { url, seen } = await startServer(script);
  return { taskRouter: createClient(url, options), seen, url };
};

/** The fields of a Task of Twilio's that the client reads. */
export const task = (sid: string, attributes: unknown) => ({
  sid,
  attributes: JSON.stringify(attributes),
  assignment_status: 'assigned',
});

/** One page of a list. */
export const page = (key: 'tasks' | 'reservations', items: unknown[], next?: string) => ({
  [key]: items,
  meta: { key, page: 0, page_size: 1000, next_page_url: next ?? null },
});

/** The error of a promise that rejects. */
export const rejectionOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('should have failed');
    },
    (failure) => failure,
  );
