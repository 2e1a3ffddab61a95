import { validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it } from 'vitest';
import { adminRequest, offerTask, startEmulator, twilioRequest, workspaceOf } from '../client.ts';
import { startReceiver } from './receiver.ts';

const authToken = '0123456789abcdef0123456789abcdef';

const started = async (
  { url }: { url: string },
  { settings = {}, filter = '' } = {},
): Promise<Awaited<ReturnType<typeof startEmulator>>> => {
  const emulator = await startEmulator({ authToken, settings });
  await workspaceOf(emulator).update({ eventCallbackUrl: url, eventsFilter: filter });
  return emulator;
};
const deliveries = async (emulator: Awaited<ReturnType<typeof startEmulator>>) =>
  ((await (await adminRequest(emulator, 'GET', '/stats')).json()) as { deliveries: unknown })
    .deliveries;

describe('the event callback', () => {
  it('is a signed form for every event of a conversation', async () => {
    const receiver = await startReceiver();
    const emulator = await started(receiver);
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create({ attributes: '{"zd_ticket_id":"4711"}' });
    const reservation = await offerTask(emulator, sid);
    await tasks(sid).reservations(reservation).update({ reservationStatus: 'accepted' });
    await adminRequest(emulator, 'POST', `/Tasks/${sid}/Transfers`, {
      workerName: 'grace',
      mode: 'COLD',
    });
    await tasks(sid).update({ attributes: '{"a":1}' });
    await receiver.count(7);

    expect(
      receiver
        .forms()
        .map(({ EventType }) => EventType)
        .sort(),
    ).toEqual([
      'reservation.accepted',
      'reservation.created',
      'reservation.created',
      'reservation.wrapup',
      'task.created',
      'task.transfer-initiated',
      'task.updated',
    ]);
    for (const { url, headers, body } of receiver.received) {
      const signature = String(headers['x-twilio-signature']);
      const fields = Object.fromEntries(new URLSearchParams(body));
      expect(url).toBe(receiver.url);
      expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
      expect(validateRequest(authToken, signature, url, fields)).toBe(true);
    }
    const created = receiver.forms().find(({ EventType }) => EventType === 'task.created');
    expect(created).toMatchObject({ TaskSid: sid, TaskAttributes: '{"zd_ticket_id":"4711"}' });
  });

  it('sends only the events of its filter', async () => {
    const receiver = await startReceiver();
    const emulator = await started(receiver, { filter: 'task.updated, reservation.created' });
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await offerTask(emulator, sid);
    await receiver.count(2);
    expect(new Set(receiver.forms().map(({ EventType }) => EventType))).toEqual(
      new Set(['task.updated', 'reservation.created']),
    );
  });

  it('is tried once, with or without success, and counted', async () => {
    const receiver = await startReceiver((count) => (count === 1 ? 500 : 204));
    const emulator = await started(receiver, { settings: { eventRetryMs: 1 } });
    const { tasks } = workspaceOf(emulator);
    await tasks.create();
    await receiver.count(1);
    await tasks.create();
    await receiver.count(2);
    await expect.poll(() => deliveries(emulator)).toEqual({ ok: 1, failed: 1 });
    const sids = receiver.forms().map(({ TaskSid }) => TaskSid);
    expect(new Set(sids).size).toBe(2);
  });

  it('is not sent without a URL, nor without a token to sign with', async () => {
    const receiver = await startReceiver();
    const unsigned = await startEmulator();
    await workspaceOf(unsigned).update({ eventCallbackUrl: receiver.url });
    await workspaceOf(unsigned).tasks.create();
    const emulator = await started(receiver);
    await workspaceOf(emulator).update({ eventCallbackUrl: '' });
    await workspaceOf(emulator).tasks.create();
    await workspaceOf(emulator).update({ eventCallbackUrl: receiver.url });
    const { sid } = await workspaceOf(emulator).tasks.create();
    await receiver.count(1);
    expect(receiver.forms().map(({ TaskSid }) => TaskSid)).toEqual([sid]);
  });

  it('delays neither its call nor the closing of the emulator', async () => {
    const receiver = await startReceiver(() => 'none');
    const emulator = await started(receiver);
    expect((await twilioRequest(emulator, { path: '/Tasks', form: {} })).status).toBe(201);
    await receiver.count(1);
    await emulator.close();
  });

  it('loses every event with that setting, and onEvent still gets it', async () => {
    const receiver = await startReceiver();
    const heard: string[] = [];
    const emulator = await startEmulator({
      authToken,
      settings: { eventLossRate: 1 },
      onEvent: ({ type }) => heard.push(type),
    });
    await workspaceOf(emulator).update({ eventCallbackUrl: receiver.url });
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await adminRequest(emulator, 'PUT', '/settings', { eventLossRate: 0 });
    await tasks(sid).remove();
    await receiver.count(1);
    expect(receiver.forms().map(({ EventType }) => EventType)).toEqual(['task.deleted']);
    expect(heard).toEqual(['task.created', 'task.updated', 'task.deleted']);
    expect(await (await adminRequest(emulator, 'GET', '/stats')).json()).toMatchObject({
      events: { 'task.created': 1, 'task.updated': 1, 'task.deleted': 1 },
    });
  });

  it('sends every event twice with that setting, as the same event', async () => {
    const receiver = await startReceiver();
    const emulator = await started(receiver, {
      settings: { eventRepeatRate: 1, eventDelayMs: 20 },
    });
    await workspaceOf(emulator).tasks.create();
    await receiver.count(2);
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
  });

  it('goes on after a reset', async () => {
    const receiver = await startReceiver();
    const emulator = await started(receiver);
    await adminRequest(emulator, 'POST', '/reset');
    const { sid } = await workspaceOf(emulator).tasks.create();
    await receiver.count(1);
    expect(receiver.forms().map(({ TaskSid }) => TaskSid)).toEqual([sid]);
  });
});
