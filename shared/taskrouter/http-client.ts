import { Agent, type IncomingHttpHeaders, request as openHttp } from 'node:http';
import { request as openHttps, Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import { encodeForm, type Fields } from './form.ts';

/** A request as the twilio SDK puts it to its client. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The query; without it, that of `uri` is sent. */
  readonly params?: Fields;
  /** The body, sent as a form. */
  readonly data?: Fields;
}

export interface HttpResponse {
  readonly statusCode: number;
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpClientOptions {
  /** Whose scheme, host and port every request goes to, whatever host its `uri` names. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How long a new connection may take, its TLS handshake included. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long a request may take from first to last byte. Milliseconds. */
  readonly totalTimeoutMs: number;
}

/**
 * An HTTP client that keeps connections alive and gives every answer as it came, headers and all,
 * whatever its status. It rejects only where there is no whole answer.
 *
 * Built on `node:http` and not on `fetch`: how long a connection may take can be set only here, and
 * a Twilio that cannot be reached must not cost a caller the patience meant for a slow answer.
 */
export const createHttpClient = (options: HttpClientOptions) => {
  const base = new URL(options.url);
  const secure = base.protocol === 'https:';
  const open = secure ? openHttps : openHttp;
  const agent = secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const secret = Buffer.from(`${options.username}:${options.password}`).toString('base64');

  /** The address on our own host, so that no answer can send our credentials elsewhere. */
  const addressOf = ({ uri, params }: HttpRequest): URL => {
    const { pathname, search } = new URL(uri, base);
    const address = new URL(base);
    address.pathname = pathname;
    address.search = params === undefined ? search : encodeForm(params);
    return address;
  };

  return (ask: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const headers = {
        Accept: 'application/json',
        'User-Agent': 'crm-media-sync',
        ...ask.headers,
        Authorization: `Basic ${secret}`,
      };
      const method = ask.method.toUpperCase();
      const request = open(addressOf(ask), { method, headers, agent }, (response) => {
        const { statusCode = 0, headers } = response;
        text(response).then((body) => resolve({ statusCode, headers, body }), reject);
      });

      const giveUp = (lacking: string, afterMs: number): NodeJS.Timeout => {
        const error = new Error(`no ${lacking} within ${afterMs} ms`);
        const timer = setTimeout(() => request.destroy(error), afterMs);
        request.once('close', () => clearTimeout(timer));
        return timer;
      };
      giveUp('whole answer', options.totalTimeoutMs);
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = giveUp('connection', options.connectTimeoutMs);
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      });

      request.once('error', reject);
      request.end(ask.data === undefined ? undefined : encodeForm(ask.data));
    });
};
