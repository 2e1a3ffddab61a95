import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { isOwnHost } from '../../console/server/server.ts';
import { listen } from '../listen.ts';

/** What the CRM's own page shows about a ticket. */
export interface CrmTicket {
  source: string;
  id: string;
  title: string;
  event: string;
  at: number;
}

/** Sources whose CRM does not allow to be shown in a frame. Source: docs/link-type.md */
export const refusesFrames: readonly string[] = ['servicenow'];

/**
 * Serves the ticket pages of the CRMs on their own origin. So the console's frame is cross-origin, as with a real
 * CRM, and the browser itself enforces a CRM's ban on frames.
 * @param find returns what the CRM's page shows about a ticket
 * @throws Error if the port is in use
 */
export async function startCrmPages(
  host: string,
  port: number,
  find: (source: string, id: string) => CrmTicket | undefined,
) {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!isOwnHost(c.req.header('host') ?? '', host))
      return c.text('The Host header names another host.\n', 403);
    await next();
    return undefined;
  });
  app.get('/style.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/tickets/:source/:id', (c) => {
    const { source, id } = c.req.param();
    const ticket = find(source, id);
    c.header('content-security-policy', "default-src 'self'; form-action 'none'");
    c.header('cache-control', 'no-store');
    if (refusesFrames.includes(source)) c.header('x-frame-options', 'SAMEORIGIN');
    const [title, event, at] =
      ticket === undefined
        ? [`Ticket ${id}`, 'The CRM has sent nothing about this ticket yet', undefined]
        : [ticket.title, ticket.event, new Date(ticket.at).toISOString().slice(11, 19)];
    return c.html(html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title}</title>
          <link rel="stylesheet" href="/style.css" />
        </head>
        <body>
          <p class="crm">${source} <span>${id}</span></p>
          <h1>${title}</h1>
          <dl>
            <dt>Last change</dt><dd>${event}${at === undefined ? '' : ` (${at} UTC)`}</dd>
            <dt>Requester</dt><dd>Zoë Example</dd>
            <dt>Group</dt><dd>Billing</dd>
          </dl>
        </body>
      </html>`);
  });
  return listen(createServer(getRequestListener(app.fetch)), port, host);
}

const style = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 20px; }
h1 { font-size: 18px; margin: 0 0 12px; overflow-wrap: anywhere; }
.crm { margin: 0 0 4px; font-size: 13px; font-weight: 600; }
.crm span { font-weight: 400; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; }
`;

/** The path of the sound that replaces a recording. */
export function soundPath(url: string): string {
  return `${createHash('sha256').update(url).digest('hex').slice(0, 12)}.wav`;
}

const sampleRate = 8000;

const secondsLong = 4;

/**
 * A short sound: two voices that take turns, as tones. Each name has its own sound. It is a WAV file with 8-bit
 * samples.
 * Source: http://soundfile.sapp.org/doc/WaveFormat/
 */
export function soundOf(name: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[0-9a-f]{12}\.wav$/.test(name)) return undefined;
  const seed = Number.parseInt(name.slice(0, 6), 16);
  const samples = sampleRate * secondsLong;
  const file = new Uint8Array(44 + samples);
  const view = new DataView(file.buffer);
  const text = (at: number, letters: string) => file.set(Buffer.from(letters), at);
  text(0, 'RIFF');
  view.setUint32(4, 36 + samples, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, 'data');
  view.setUint32(40, samples, true);
  const scale = [0, 3, 5, 7, 10, 12];
  for (let index = 0; index < samples; index += 1) {
    const seconds = index / sampleRate;
    const syllable = Math.floor(seconds * 5);
    const isCaller = Math.floor(seconds) % 2 === 0;
    const step = scale[(seed + syllable * 7) % scale.length] ?? 0;
    const pitch = (isCaller ? 150 : 215) * 2 ** (step / 12);
    const within = (seconds * 5) % 1;
    const loudness = Math.sin(Math.PI * within) ** 2;
    const wave =
      Math.sin(2 * Math.PI * pitch * seconds) + Math.sin(4 * Math.PI * pitch * seconds) / 2;
    file[44 + index] = Math.round(128 + 40 * loudness * wave);
  }
  return file;
}
