import { type IncomingHttpHeaders, request as openHttp } from 'node:http';
import { request as openHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { createKeepAlive } from '../keep-alive.ts';

/** A request in the form that the twilio SDK passes to its client. */
export interface HttpRequest {
  method: string;
  uri: string;
  headers?: Readonly<Record<string, string>>;
  /** The query. If it is missing, the query of `uri` is sent. */
  params?: FormFields;
  /** The body. It is sent as a form. */
  data?: FormFields;
  /** Ends the request before its response is complete. */
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  statusCode: number;
  /** The headers, by name in lower case. */
  headers: IncomingHttpHeaders;
  body: string;
}

interface HttpClientOptions {
  /** Every request goes to the scheme, host and port of this URL, even if its `uri` names another host. */
  url: string;
  username: string;
  password: string;
  /** How long a new connection may take, with its TLS handshake. In milliseconds. */
  connectTimeoutMs: number;
  /** How long a request may take from its first to its last byte. In milliseconds. */
  totalTimeoutMs: number;
}

/** The server had closed a kept-alive connection. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
}

const preconditionFailed = 412;

/**
 * An HTTP client that keeps connections alive and returns every response with any status, and its
 * headers. It rejects only if there is no complete response.
 *
 * A kept connection that was closed (`keep-alive.ts`) is no failure of the server: the request is made once more,
 * at once, on a new connection, within the time of one request. Source:
 * https://nodejs.org/docs/latest-v24.x/api/http.html#requestreusedsocket
 *
 * The first request may have arrived all the same. To read twice does no harm, and neither does a write with
 * `If-Match`: if the first one took effect, the second gets a 412. Because our own first write may have caused
 * that 412, it counts as no response: the write may have taken effect. Any other write is not repeated.
 *
 * Built on `node:http` and not on `fetch`, because only here a connection has its own timeout: an unreachable
 * Twilio must not cost the time that is meant for a slow response.
 */
export function createHttpClient(options: HttpClientOptions) {
  const base = new URL(options.url);
  const secure = base.protocol === 'https:';
  const open = secure ? openHttps : openHttp;
  const { httpAgent, httpsAgent, closeIdle } = createKeepAlive();
  const agent = secure ? httpsAgent : httpAgent;
  const basicAuth = Buffer.from(`${options.username}:${options.password}`).toString('base64');

  /**
   * The path and the query. The host is always the configured one, so that no response can send our credentials to
   * another host. `URL` is not used, because it makes quotes three times as long, and a search has many quotes.
   */
  const pathOf = ({ uri, params }: HttpRequest): string => {
    const { pathname, search } = new URL(uri, base);
    return pathname + (params === undefined ? search : `?${encodeForm(params)}`);
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
      const { signal } = httpRequest;
      const path = pathOf(httpRequest);
      const how = { method, path, headers, agent, ...(signal !== undefined && { signal }) };
      const request = open(base, how, (response) => {
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
      abortAfter('complete response', options.totalTimeoutMs, remainingMs);
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = abortAfter('connection', options.connectTimeoutMs);
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      });

      request.once('error', (error: NodeJS.ErrnoException) => {
        // A missing response may have the same cause, but it uses up all of the time. Only the next request would
        // gain.
        if (request.reusedSocket) closeIdle();
        const isStale = request.reusedSocket && isClosed(error);
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
      const response = await attempt(httpRequest, method, remainingMs());
      if (response.statusCode === preconditionFailed) throw error.cause;
      return response;
    }
  };
}

/** Whether the other side had closed the connection. The code depends on whether it was read or written first. */
function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** Fields of a query or a form. An array becomes one field for each of its values. */
type FormFields = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Fields as `application/x-www-form-urlencoded`. A space becomes `%20`, never `+`, because `%20` means the same in
 * a form and in a query. Characters that need no escape in a query are not escaped.
 * Source: https://www.rfc-editor.org/rfc/rfc3986#section-3.4
 */
export function encodeForm(fields: FormFields): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, String(each));
  }
  return form
    .toString()
    .replaceAll('+', '%20')
    .replaceAll(/%(?:27|2C|2F|3A|40)/g, decodeURIComponent);
}

/** Whether a write has an effect only if nothing has changed. */
function isConditional({ headers = {} }: HttpRequest): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'if-match');
}
