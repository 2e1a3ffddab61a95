import { setTimeout as delay } from 'node:timers/promises';
import twilio from 'twilio';
import * as z from 'zod';
import { startWorld, type WorldLine } from '../../local/world.ts';
import { sendZendesk } from '../local/send-webhook.ts';

/** What a part of the system did and wrote, for one conversation and one change of its ticket. */
export interface Measured {
  /** Requests to the door by Twilio. */
  readonly eventRequests: number;
  /** Those of them for which something was put on the queue. */
  readonly eventMessages: number;
  /** Messages that the sync was handed. */
  readonly messages: number;
  /** Requests to TaskRouter, searches among them. */
  readonly twilioCalls: number;
  readonly searches: number;
  readonly writes: number;
  /** What each function wrote to its log, without what Lambda itself writes. */
  readonly logBytes: Readonly<Record<'crmChange' | 'taskEvent' | 'sync', number>>;
  /** How long the attributes are that are written. */
  readonly attributeCharacters: number;
}

const Created = z.object({ sid: z.string() });
const Stats = z.object({
  calls: z.object({ evaluate: z.number(), updateTask: z.number() }),
  deliveries: z.object({ ok: z.number() }),
});

/** When writes are looked at again: as often as by default, and sooner. */
const confirmAfterSeconds = [1, 2];
/** After which nothing comes by itself any more: the longest wait between two of those, and some more. */
const quietMs = 1600;

/** Waits until nobody has said anything for a while. */
const untilQuiet = async (lines: readonly WorldLine[]): Promise<void> => {
  for (let seen = -1; seen !== lines.length; ) {
    seen = lines.length;
    await delay(quietMs);
  }
};

/**
 * A call whose Task names its ticket: an agent takes it, the ticket changes once, the call ends. Everything
 * runs as it does on AWS, and is counted.
 */
export const measureChange = async (): Promise<Measured> => {
  const lines: WorldLine[] = [];
  const world = await startWorld({
    windowMs: 50,
    environment: { sync: { CONFIRM_AFTER_SECONDS: confirmAfterSeconds.join() } },
    log: (line) => lines.push(line),
  });
  try {
    const { accountSid, apiKey, apiSecret, workspaceSid, taskrouter } = world.description;
    const client = twilio(apiKey, apiSecret, { accountSid });
    client.taskrouter.baseUrl = taskrouter;
    const tasks = client.taskrouter.v1.workspaces(workspaceSid).tasks;
    const callSid = `CA${'a'.repeat(32)}`;
    const recording = `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Recordings/RE${'a'.repeat(32)}`;
    const task = await tasks.create({
      attributes: JSON.stringify({
        call_sid: callSid,
        from: '+15005550006',
        direction: 'inbound',
        name: '+15005550006',
        zd_ticket_id: '4711',
        conversations: { segment_link: recording },
      }),
    });
    const offer = await fetch(`${taskrouter}/_twin/Tasks/${task.sid}/Reservations`, {
      method: 'POST',
      body: JSON.stringify({ workerName: 'ana' }),
    });
    const reservation = Created.parse(await offer.json());
    const segment = tasks(task.sid).reservations(reservation.sid);
    await segment.update({ reservationStatus: 'accepted' });
    await untilQuiet(lines);
    await sendZendesk(world.description, '4711');
    await untilQuiet(lines);
    await segment.update({ reservationStatus: 'wrapping' });
    await segment.update({ reservationStatus: 'completed' });
    await untilQuiet(lines);

    const { attributes } = await tasks(task.sid).fetch();
    const stats = Stats.parse(await (await fetch(`${taskrouter}/_twin/stats`)).json());
    const bytesOf = (from: WorldLine['from']): number =>
      lines
        .filter((line) => line.from === from)
        .reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const metric = (name: string): number =>
      lines
        .filter(({ text }) => text.includes('"_aws"'))
        .flatMap(({ text }): unknown => JSON.parse(text)[name])
        .reduce<number>((sum, value) => sum + Number(value ?? 0), 0);
    return {
      eventRequests: stats.deliveries.ok,
      eventMessages: metric('Settles') + metric('NamedTickets'),
      messages: lines.filter(({ text }) => text.includes('"message":"outcome"')).length,
      twilioCalls: metric('TwilioCalls'),
      searches: stats.calls.evaluate,
      writes: stats.calls.updateTask,
      logBytes: {
        crmChange: bytesOf('crm-change'),
        taskEvent: bytesOf('task-event'),
        sync: bytesOf('sync'),
      },
      attributeCharacters: attributes.length,
    };
  } finally {
    await world.close();
  }
};
