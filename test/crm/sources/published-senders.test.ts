import { describe, expect, it } from 'vitest';
import type { SenderResponse, Sent } from '../../../fixtures/published-sender.ts';
import { callSid, standardSecret as secret } from '../../crm-change/webhook.ts';
import { freshdeskApp, freshdeskEvent, receiveFromFreshdesk } from './freshdesk.ts';
import { lastOf } from './published-sender.ts';
import { incident, receiveFromServicenow, servicenow, sysId } from './servicenow.ts';

interface SenderOptions {
  readonly answer?: () => SenderResponse;
  readonly secret?: string;
}

/** A sender that has a change to send. */
interface Sender {
  readonly sent: readonly Sent[];
  readonly logged: readonly { readonly level: string; readonly text: string }[];
  readonly pending: () => readonly unknown[];
  readonly now: () => number;
  readonly advanceMinutes: (minutes: number) => unknown;
}

type Change = 'update' | 'delete';

const senders = [
  {
    name: 'the scripts for ServiceNow',
    open: async (change: Change, options: SenderOptions): Promise<Sender> => {
      const instance = servicenow({ ...options, credentials: { alias: options.secret ?? secret } });
      instance.save('incident', change, incident, change === 'update' ? incident : undefined);
      return { ...instance, pending: instance.events };
    },
    receive: receiveFromServicenow,
    waits: [1, 2, 5, 10, 30, 60, 120, 240],
    final: [302, 400, 401, 404, 413, 422],
    updateInLog: `update ${sysId} 7`,
    deletion: { ticket: `incidents/${sysId}`, version: '7' },
  },
  {
    name: 'the app for Freshdesk',
    open: async (change: Change, options: SenderOptions): Promise<Sender> => {
      const app = freshdeskApp(options);
      const [event, file] =
        change === 'update'
          ? ['onTicketUpdate', 'on_ticket_update']
          : ['onTicketDelete', 'on_ticket_delete'];
      await app.emit(event, freshdeskEvent(file));
      return { ...app, pending: app.scheduled };
    },
    receive: receiveFromFreshdesk,
    waits: [10, 30, 60, 240],
    final: [400, 401, 404, 413, 422],
    updateInLog: 'ticket.updated 4711',
    // It is as old as it was: what happened to the ticket meanwhile is newer.
    deletion: { ticket: 'freshdesk/4711', version: String(Date.parse('2025-01-08T16:46:00.000Z')) },
  },
];

describe.each(senders)('$name', ({ open, receive, deletion, ...expected }) => {
  /** A day of a sender with a change, minute by minute, and the times when it sent. */
  const aDay = async (options: SenderOptions = {}, change: Change = 'update') => {
    const sender = await open(change, options);
    const times: number[] = [];
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      await sender.advanceMinutes(minute === 0 ? 0 : 1);
      if (sender.sent.length > times.length) times.push(sender.now());
    }
    return { sender, times };
  };

  it.each([{ status: 0 }, { status: 429 }, { status: 500 }, { status: 503 }, 'no answer'] as const)(
    'tries again for hours after %j',
    async (answer) => {
      const { sender, times } = await aDay({ answer: () => answer });
      const waits = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000);
      expect(waits).toEqual(expected.waits);
      expect(sender.pending()).toEqual([]);
      const levels = [...expected.waits.map(() => 'warn'), 'error'];
      expect(sender.logged.map(({ level }) => level)).toEqual(levels);
      // Neither the secret nor anything that people wrote.
      const out = JSON.stringify([sender.logged, sender.sent.map(({ body }) => `${body}`)]);
      expect(out).not.toMatch(/phi[ .-]/i);
      expect(out).not.toContain(secret.replace('whsec_', ''));
    },
  );

  it.each([200, 202])('is done after %i', async (status) => {
    const { sender, times } = await aDay({ answer: () => ({ status }) });
    expect(times).toHaveLength(1);
    expect(sender.logged).toEqual([]);
  });

  it.each(expected.final)('gives up after %i and says so in its log', async (status) => {
    const response = '{"problems":[{"field":"sid","problem":"must be empty"}]}';
    const { sender, times } = await aDay({ answer: () => ({ status, response }) });
    expect(times).toHaveLength(1);
    expect(sender.logged).toMatchObject([{ level: 'error' }]);
    expect(sender.logged[0]?.text).toContain(`${status} ${response}`);
    expect(sender.logged[0]?.text).toContain(expected.updateInLog);
  });

  it('sends a deletion again when it fails at first', async () => {
    const answers: SenderResponse[] = ['no answer', { status: 503 }];
    const { sender, times } = await aDay(
      { answer: () => answers.shift() ?? { status: 202 } },
      'delete',
    );
    expect(times).toHaveLength(3);
    const { statusCode, messages } = await receive(lastOf(sender), times.at(-1));
    expect(statusCode).toBe(202);
    expect(messages).toMatchObject([{ ...deletion, link: null, correlation: { callSid } }]);
  });

  it('signs each try anew under the same id', async () => {
    const { sender, times } = await aDay({ answer: () => ({ status: 503 }) });
    expect(new Set(sender.sent.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1);
    for (const [index, sent] of sender.sent.entries()) {
      expect((await receive(sent, times[index])).statusCode).toBe(202);
    }
    const [first] = sender.sent;
    expect(first && (await receive(first, times.at(-1))).statusCode).toBe(401);
  });

  it('signs with its secret, which may have no prefix', async () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    const { sender, times } = await aDay({ secret: secret.replace('whsec_', '') });
    expect((await receive(lastOf(sender), times[0])).statusCode).toBe(202);
    expect((await receive(lastOf(sender), times[0], other)).statusCode).toBe(401);
  });
});
