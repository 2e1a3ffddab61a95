import { isIP } from 'node:net';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import * as z from 'zod';
import { type ActionName, type Actions, actionInputs } from '../actions.ts';
import { bundlePage } from './bundle.ts';
import type { Feed } from './feed.ts';

interface ConsoleOptions {
  feed: Feed;
  actions: Actions;
  /**
   * The address that the server listens on. It is a loopback address unless the operator chose
   * another.
   */
  host: string;
  /** The port of the CRM's pages. The page may show them in a frame. */
  crmPort?: number | undefined;
  /** Returns a sound by its path below `/sounds/`. */
  sound?: (path: string) => Uint8Array<ArrayBuffer> | undefined;
}

/**
 * An action that cannot be done. It is no fault of the page or the server. The message tells the
 * user why.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError';
}

const heartbeatMs = 15_000;

/**
 * The console as an HTTP application: the page, the parts as server-sent events, and the actions.
 * Each request must name this host, which prevents DNS rebinding. Each action must come from the
 * page itself, which prevents cross-site request forgery.
 * Sources: https://owasp.org/www-community/attacks/DNS_Rebinding and
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function createConsoleApp(options: ConsoleOptions): Hono {
  const { feed, actions } = options;
  let page: ReturnType<typeof bundlePage> | undefined;

  const app = new Hono();
  app.use(async (c, next) => {
    const problem = requestProblem(c, options.host);
    if (problem !== undefined) return c.text(`${problem}\n`, 403);
    await next();
    for (const [name, value] of Object.entries(securityHeaders(c, options.crmPort))) {
      c.header(name, value);
    }
    return undefined;
  });

  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      const pending: string[] = [];
      let wake = Promise.withResolvers<void>();
      const end = feed.subscribe((updates) => {
        pending.push(JSON.stringify(updates));
        wake.resolve();
      });
      const heartbeat = setInterval(() => wake.resolve(), heartbeatMs);
      stream.onAbort(() => wake.resolve());
      try {
        for (let event = 'all'; !stream.aborted && !stream.closed; event = 'some') {
          const texts = pending.splice(0);
          if (texts.length === 0) await stream.write(': still here\n\n');
          for (const data of texts) await stream.writeSSE({ event, data, id: String(Date.now()) });
          if (pending.length > 0) continue;
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      } finally {
        clearInterval(heartbeat);
        end();
      }
    }),
  );

  app.post('/actions/:name', async (c) => {
    const name = c.req.param('name');
    if (!isActionName(name)) return c.json({ error: `There is no action ${name}.` }, 404);
    const input = actionInputs[name].safeParse(await c.req.json().catch(() => undefined));
    if (!input.success) return c.json({ error: z.prettifyError(input.error) }, 400);
    const run = actions[name] as ((input: unknown) => Promise<unknown>) | undefined;
    if (run === undefined)
      return c.json({ error: `This console does not have the action ${name}.` }, 404);
    try {
      return c.json({ output: await run(input.data) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return c.json({ error: error.message }, error instanceof ActionError ? 200 : 500);
    }
  });

  app.get('/sounds/:name', (c) => {
    const sound = options.sound?.(c.req.param('name'));
    return sound === undefined
      ? c.notFound()
      : c.body(sound, 200, { 'content-type': 'audio/wav', 'accept-ranges': 'none' });
  });

  app.get('*', async (c) => {
    page ??= bundlePage();
    const file = (await page).get(c.req.path);
    return file === undefined
      ? c.notFound()
      : c.body(file.body, 200, { 'content-type': file.type });
  });
  return app;
}

function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actionInputs, name);
}

/**
 * Why a request is rejected. Undefined if it comes from the page, or from a person who opens the
 * page.
 */
function requestProblem(c: Context, listensOn: string): string | undefined {
  const host = c.req.header('host') ?? '';
  if (!isOwnHost(host, listensOn)) {
    return `The console does not accept the host ${host}. Open the address that the terminal shows.`;
  }
  const origin = c.req.header('origin');
  const isOwnOrigin = origin === `http://${host}`;
  const site = c.req.header('sec-fetch-site') ?? 'none';
  if (!['GET', 'HEAD'].includes(c.req.method) && !isOwnOrigin)
    return 'This request comes from another site.';
  if (origin !== undefined && !isOwnOrigin) return 'This request comes from another site.';
  const isNavigation = c.req.header('sec-fetch-mode') === 'navigate';
  if (site !== 'none' && site !== 'same-origin' && !isNavigation) {
    return 'This request comes from another site.';
  }
  return undefined;
}

function hostNameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

const anyAddress = ['0.0.0.0', '::'];

/**
 * Whether a `Host` header names this machine. A name that is not an IP address is not enough:
 * anybody can let a name point to this machine.
 * @param listensOn the address that the server listens on
 */
export function isOwnHost(host: string, listensOn: string): boolean {
  const name = hostNameOf(host);
  if (name === undefined) return false;
  if (loopbackNames.includes(name) || name === listensOn || name === `[${listensOn}]`) return true;
  return anyAddress.includes(listensOn) && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

function securityHeaders(c: Context, crmPort: number | undefined): Record<string, string> {
  const name = hostNameOf(c.req.header('host') ?? '');
  const frames = crmPort === undefined ? "'none'" : `http://${name}:${crmPort}`;
  return {
    'content-security-policy': `default-src 'self'; frame-src ${frames}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'`,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
