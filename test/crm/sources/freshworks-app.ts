import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';
import * as z from 'zod';
import type { SenderResponse, Sent } from './published-sender.ts';

export interface AppOptions {
  /** What an administrator typed into the app's settings page. */
  readonly settings: Readonly<{ [name: string]: string }>;
  readonly answer: (sent: Sent) => SenderResponse | Promise<SenderResponse>;
  /** Whether the platform takes a schedule. */
  readonly schedules?: boolean;
  /** Milliseconds since 1970. */
  readonly startsAt: number;
}

const published = (path: string): string =>
  readFileSync(new URL(`../../../docs/sources/freshdesk-app/${path}`, import.meta.url), 'utf8');

const Events = z.record(z.string(), z.strictObject({ handler: z.string() }));
const Manifest = z.strictObject({
  'platform-version': z.literal('3.0'),
  modules: z.strictObject({
    common: z.strictObject({ requests: z.record(z.string(), z.strictObject({})), events: Events }),
    support_ticket: z.strictObject({ events: Events }),
  }),
  engines: z.strictObject({ node: z.string(), fdk: z.string() }),
});
const Requests = z.record(
  z.string(),
  z.strictObject({
    schema: z.strictObject({
      method: z.literal('POST'),
      host: z.string(),
      path: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
  }),
);
const Settings = z.record(
  z.string(),
  z.strictObject({
    display_name: z.string(),
    description: z.string(),
    type: z.literal('text'),
    required: z.boolean(),
    secure: z.literal(true).optional(),
  }),
);
const Invocation = z.strictObject({
  context: z.record(z.string(), z.string()),
  body: z.string(),
});
const Schedule = z.strictObject({
  name: z.string(),
  data: z.record(z.string(), z.unknown()),
  schedule_at: z.iso.datetime(),
});
const Handlers = z.record(
  z.string(),
  z.custom<(event: unknown) => unknown>((value) => typeof value === 'function'),
);

export const manifest = Manifest.parse(JSON.parse(published('manifest.json')));
export const settingsPage = Settings.parse(JSON.parse(published('config/iparams.json')));
const requests = Requests.parse(JSON.parse(published('config/requests.json')));
const server = new Script(published('server/server.js'));
const require = createRequire(import.meta.url);

/**
 * The Freshworks app that we publish, with stand-ins for what the platform gives it, as the vendor
 * describes that: https://developers.freshworks.com/docs/app-sdk/v3.0/support_ticket/serverless-apps/
 */
export const freshworksApp = ({ settings, answer, schedules = true, startsAt }: AppOptions) => {
  let now = startsAt;
  let scheduled: readonly { readonly data: unknown; readonly due: number }[] = [];
  const sent: Sent[] = [];
  const logged: { readonly level: 'warn' | 'error'; readonly text: string }[] = [];
  const log = (level: 'warn' | 'error') => (text: string) => {
    logged.push({ level, text });
  };
  const iparams = Object.fromEntries(
    Object.keys(settingsPage).map((name) => [name, settings[name] ?? '']),
  );

  const invokeTemplate = async (name: string, options: unknown) => {
    if (!(name in manifest.modules.common.requests)) throw new Error(`${name} is not declared`);
    const { schema } = requests[name] ?? {};
    if (schema === undefined) throw new Error(`${name} is no template`);
    const { context, body } = Invocation.parse(options);
    const values = new Map(Object.entries({ iparam: iparams, context }));
    const render = (template: string): string =>
      template.replace(/<%= (\w+)\.(\w+) %>/g, (place, group: string, name: string) => {
        const value = values.get(group)?.[name];
        if (value === undefined) throw new Error(`${place} is not defined`);
        return value;
      });
    const request = {
      url: `https://${render(schema.host)}${render(schema.path)}`,
      headers: new Map(
        Object.entries(schema.headers).map(([header, value]) => [
          header.toLowerCase(),
          render(value),
        ]),
      ),
      body: Buffer.from(body),
    };
    sent.push(request);
    const answered = await answer(request);
    if (answered === 'no answer') throw { status: 504, response: 'Request timed out' };
    // Not an Error: the platform rejects with an object of these.
    if (answered.status < 200 || answered.status >= 400) throw answered;
    return answered;
  };

  const create = async (schedule: unknown) => {
    if (!schedules) throw { status: 429, message: 'The number of schedules is exhausted' };
    const { data, schedule_at } = Schedule.parse(schedule);
    const due = Date.parse(schedule_at);
    // The platform's bounds.
    if (due < now + 5 * 60_000) throw { status: 400, message: 'schedule_at is too near' };
    if (JSON.stringify(data).length > 4096) throw { status: 400, message: 'data is too large' };
    scheduled = [...scheduled, { data, due }];
  };

  class PlatformDate extends Date {
    constructor(ms: number = now) {
      super(ms);
    }
    static override now = () => now;
  }

  // The sandbox has neither Buffer nor process nor timers, and so has this one.
  const sandbox = createContext({
    exports: {},
    require: (name: string): unknown => {
      if (name !== 'crypto') throw new Error(`${name} is not among the app's dependencies`);
      return require('node:crypto');
    },
    console: { warn: log('warn'), error: log('error') },
    Date: PlatformDate,
    $request: { invokeTemplate },
    $schedule: { create },
  });
  server.runInContext(sandbox);
  const handlers = Handlers.parse(sandbox['exports']);

  const handle = async (events: z.infer<typeof Events>, event: string, payload: object) => {
    const handler = handlers[events[event]?.handler ?? ''];
    if (handler === undefined) throw new Error(`the app does not handle ${event}`);
    // What the platform hands over is a copy, as JSON can hold it.
    await handler(JSON.parse(JSON.stringify({ ...payload, event, iparams })));
  };

  return {
    /** What left the app, and what it wrote into its log. */
    sent,
    logged,
    handlers,

    /** Something happens in Freshdesk. */
    emit: (event: string, payload: object): Promise<void> =>
      handle(manifest.modules.support_ticket.events, event, payload),

    /** So many minutes go by, and what is due by then is done. */
    advanceMinutes: async (minutes: number): Promise<void> => {
      now += minutes * 60_000;
      const due = scheduled.filter((schedule) => schedule.due <= now);
      scheduled = scheduled.filter((schedule) => schedule.due > now);
      for (const { data } of due) {
        await handle(manifest.modules.common.events, 'onScheduledEvent', { data });
      }
    },

    /** Tries that are still to come. */
    scheduled: () => scheduled,

    /** What time it is there, in milliseconds since 1970. */
    now: () => now,
  };
};
