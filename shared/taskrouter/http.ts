import { Agent, type IncomingHttpHeaders, request as openHttp } from 'node:http';
import { request as openHttps, Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';

/** A request as the twilio SDK puts it to its client. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The query; without it, that of `uri` is sent. */
  readonly params?: FormFields;
  /** The body, sent as a form. */
  readonly data?: FormFields;
}

export interface HttpResponse {
  readonly statusCode: number;
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface HttpClientOptions {
  /** Whose scheme, host and port every request goes to, whatever host its `uri` names. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How long a new connection may take, its TLS handshake included. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long a request may take from first to last byte. Milliseconds. */
  readonly totalTimeoutMs: number;
}

/** A connection that was kept alive is gone: whoever kept it at the other end had closed it. */
class StaleConnection extends Error {
  override readonly name = 'Stale';
}

const preconditionFailed = 412;

/**
 * An HTTP client that keeps connections alive and gives every answer as it came, headers and all,
 * whatever its status. It rejects only where there is no whole answer.
 *
 * A function that was frozen finds its kept connections closed by the other end, and learns of it only by
 * using one. That is no failure of the other end: such a request is made once more, at once, on a new
 * connection, and as one request it still has its time only once. Source:
 * https://nodejs.org/docs/latest-v24.x/api/http.html#requestreusedsocket
 *
 * It may have arrived all the same. To read twice does no harm, and neither does a write with `If-Match`: where
 * the first one took effect, the second is refused with 412. That 412 may be of our own making, so it is told
 * as no answer, which leaves open whether the write took effect. Any other write is not made again.
 *
 * Built on `node:http` and not on `fetch`: how long a connection may take can be set only here, and
 * a Twilio that cannot be reached must not cost a caller the patience meant for a slow answer.
 */
export function createHttpClient(options: HttpClientOptions) {
  const base = new URL(options.url);
  const secure = base.protocol === 'https:';
  const open = secure ? openHttps : openHttp;
  const agent = secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const basicAuth = Buffer.from(`${options.username}:${options.password}`).toString('base64');

  /** The address on our own host, so that no answer can send our credentials elsewhere. */
  const resolveUrl = ({ uri, params }: HttpRequest): URL => {
    const { pathname, search } = new URL(uri, base);
    const address = new URL(base);
    address.pathname = pathname;
    address.search = params === undefined ? search : encodeForm(params);
    return address;
  };

  /** After one was found closed: those that lie idle beside it have been idle for as long. */
  const closeIdleConnections = (): void => {
    for (const idle of Object.values(agent.freeSockets)) {
      for (const socket of idle ?? []) socket.destroy();
    }
  };

  const attempt = (
    httpRequest: HttpRequest,
    method: string,
    remainingMs: number,
  ): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const headers = {
        Accept: 'application/json',
        'User-Agent': 'crm-media-sync',
        ...httpRequest.headers,
        Authorization: `Basic ${basicAuth}`,
      };
      const request = open(resolveUrl(httpRequest), { method, headers, agent }, (response) => {
        const { statusCode = 0, headers } = response;
        text(response).then((body) => resolve({ statusCode, headers, body }), reject);
      });

      const abortAfter = (
        missing: string,
        allowedMs: number,
        afterMs = allowedMs,
      ): NodeJS.Timeout => {
        const error = new Error(`no ${missing} within ${allowedMs} ms`);
        const timer = setTimeout(() => request.destroy(error), afterMs);
        request.once('close', () => clearTimeout(timer));
        return timer;
      };
      abortAfter('whole answer', options.totalTimeoutMs, remainingMs);
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = abortAfter('connection', options.connectTimeoutMs);
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      });

      request.once('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET';
        reject(isStale ? new StaleConnection(error.message, { cause: error }) : error);
      });
      request.end(httpRequest.data === undefined ? undefined : encodeForm(httpRequest.data));
    });

  return async (httpRequest: HttpRequest): Promise<HttpResponse> => {
    const method = httpRequest.method.toUpperCase();
    const startedAt = performance.now();
    const remainingMs = () => Math.max(0, options.totalTimeoutMs - (performance.now() - startedAt));
    try {
      return await attempt(httpRequest, method, remainingMs());
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      if (method !== 'GET' && !isConditional(httpRequest)) throw error.cause;
      closeIdleConnections();
      const response = await attempt(httpRequest, method, remainingMs());
      if (response.statusCode === preconditionFailed) throw error.cause;
      return response;
    }
  };
}

/** Fields of a query or a form. An array is sent as one field for each of its values. */
type FormFields = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Fields as `application/x-www-form-urlencoded`. A space becomes `%20`, never `+`: it means the same
 * in a form and in a query, whoever reads it.
 */
export function encodeForm(fields: FormFields): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, String(each));
  }
  return form.toString().replaceAll('+', '%20');
}

/** Whether a request asks for a change only on condition that nothing has changed. */
function isConditional({ headers = {} }: HttpRequest): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'if-match');
}
