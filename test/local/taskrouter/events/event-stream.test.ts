import { validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it } from 'vitest';
import type { Settings, TaskRouterEmulator } from '../../../../local/taskrouter/emulator.ts';
import { eventStreamsTypes } from '../../../../local/taskrouter/events/event.ts';
import { adminRequest, eventStreamsOf, offerTask, startEmulator, workspaceOf } from '../client.ts';
import { startReceiver } from './receiver.ts';

const authToken = '0123456789abcdef0123456789abcdef';

const subscribed = async (
  emulator: TaskRouterEmulator,
  destination: string,
  {
    batched = false,
    types = eventStreamsTypes,
  }: { batched?: boolean; types?: readonly string[] } = {},
) => {
  const events = eventStreamsOf(emulator);
  const { sid: sinkSid } = await events.sinks.create({
    description: 'Task events',
    sinkType: 'webhook',
    sinkConfiguration: { destination, method: 'POST', batch_events: batched },
  });
  const { sid } = await events.subscriptions.create({
    description: 'Settling',
    sinkSid,
    types: types.map((type) => ({ type })),
  });
  return { sinkSid, subscriptionSid: sid };
};
const startQuick = (settings: Partial<Settings> = {}) =>
  startEmulator({ authToken, settings: { eventRetryMs: 5, ...settings } });
const deliveries = async (emulator: TaskRouterEmulator) =>
  ((await (await adminRequest(emulator, 'GET', '/stats')).json()) as { deliveries: unknown })
    .deliveries;

describe('a stream of events', () => {
  it('is signed JSON of CloudEvents, one by one where they are not batched', async () => {
    const receiver = await startReceiver();
    const emulator = await startQuick();
    await subscribed(emulator, receiver.url);
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create({ attributes: '{"zd_ticket_id":"4711"}' });
    const reservation = await offerTask(emulator, sid);
    await tasks(sid).reservations(reservation).update({ reservationStatus: 'accepted' });
    await receiver.count(3);

    const batches = receiver.batches();
    expect(batches.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(
      batches
        .flat()
        .map(({ type }) => type)
        .sort(),
    ).toEqual([
      'com.twilio.taskrouter.reservation.accepted',
      'com.twilio.taskrouter.reservation.created',
      'com.twilio.taskrouter.task.created',
    ]);
    for (const { url, headers, body } of receiver.received) {
      const signature = String(headers['x-twilio-signature']);
      expect(url).toMatch(/\/events\?of=twilio&bodySHA256=[0-9a-f]{64}$/);
      expect(headers['content-type']).toBe('application/json');
      expect(validateRequestWithBody(authToken, signature, url, body)).toBe(true);
    }
    const accepted = batches.flat().find(({ type }) => type.endsWith('reservation.accepted'));
    expect(accepted?.data.payload).toMatchObject({
      task_sid: sid,
      reservation_sid: reservation,
      task_assignment_status: 'assigned',
      task_attributes: '{"zd_ticket_id":"4711"}',
    });
  });

  it('comes in batches where that is asked for', async () => {
    const receiver = await startReceiver();
    const emulator = await startQuick();
    await subscribed(emulator, receiver.url, { batched: true });
    const { sid } = await workspaceOf(emulator).tasks.create();
    const reservation = await offerTask(emulator, sid);
    const { reservations } = workspaceOf(emulator).tasks(sid);
    await reservations(reservation).update({ reservationStatus: 'accepted' });
    await reservations(reservation).update({ reservationStatus: 'completed' });
    await expect.poll(() => receiver.batches().flat().length).toBe(5);
    const together = receiver
      .batches()
      .find((batch) => batch.some(({ type }) => type.endsWith('task.completed')));
    expect(together?.map(({ type }) => type).slice(-2)).toEqual([
      'com.twilio.taskrouter.reservation.completed',
      'com.twilio.taskrouter.task.completed',
    ]);
  });

  it('has what its Subscriptions name, each event once', async () => {
    const [receiver, other] = [await startReceiver(), await startReceiver()];
    const emulator = await startQuick();
    const offered = 'com.twilio.taskrouter.reservation.created';
    await subscribed(emulator, other.url, { types: [offered] });
    const created = 'com.twilio.taskrouter.task.created';
    const updated = 'com.twilio.taskrouter.task.updated';
    const { sinkSid, subscriptionSid } = await subscribed(emulator, receiver.url, {
      types: [created],
    });
    const events = eventStreamsOf(emulator);
    await events.subscriptions.create({
      description: 'Again',
      sinkSid,
      types: [{ type: created }, { type: updated }],
    });
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await tasks(sid).remove();
    const last = await tasks.create();
    await receiver.count(3);
    expect(
      receiver
        .batches()
        .flat()
        .map(({ type, data }) => [type, data.payload['task_sid']]),
    ).toEqual(
      expect.arrayContaining([
        [created, sid],
        [updated, sid],
        [created, last.sid],
      ]),
    );
    expect(await deliveries(emulator)).toMatchObject({ failed: 0 });

    await events.subscriptions(subscriptionSid).subscribedEvents(created).remove();
    await offerTask(emulator, (await tasks.create()).sid);
    await Promise.all([receiver.count(4), other.count(1)]);
    expect(
      other
        .batches()
        .flat()
        .map(({ type }) => type),
    ).toEqual([offered]);
    const ids = receiver
      .batches()
      .flat()
      .map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is cut into batches that are not too long, and nothing is left over', async () => {
    const receiver = await startReceiver();
    const emulator = await startQuick();
    await subscribed(emulator, receiver.url, { batched: true });
    const { tasks } = workspaceOf(emulator);
    const made = await Promise.all(Array.from({ length: 120 }, () => tasks.create()));
    await expect.poll(() => receiver.batches().flat().length).toBe(120);
    for (const batch of receiver.batches()) expect(batch.length).toBeLessThanOrEqual(50);
    const told = receiver.batches().flat();
    expect(new Set(told.map(({ data }) => data.payload['task_sid']))).toEqual(
      new Set(made.map(({ sid }) => sid)),
    );
  });

  it('is sent again until it is taken, the same bytes each time', async () => {
    const receiver = await startReceiver((count) => [500, 429, 302][count - 1] ?? 200);
    const emulator = await startQuick();
    await subscribed(emulator, receiver.url);
    await workspaceOf(emulator).tasks.create();
    await receiver.count(4);
    await expect.poll(() => deliveries(emulator)).toEqual({ ok: 1, failed: 3 });
    expect(new Set(receiver.received.map(({ url, body }) => url + body)).size).toBe(1);
    expect(receiver.received).toHaveLength(4);
  });

  it('is dropped where it is refused for good, and the next one comes', async () => {
    const receiver = await startReceiver((count) => (count === 1 ? 401 : 204));
    const emulator = await startQuick();
    await subscribed(emulator, receiver.url);
    const { tasks } = workspaceOf(emulator);
    await tasks.create();
    await receiver.count(1);
    const { sid } = await tasks.create();
    await expect.poll(() => deliveries(emulator)).toEqual({ ok: 1, failed: 1 });
    const told = receiver
      .batches()
      .flat()
      .map(({ data }) => data.payload['task_sid']);
    expect(told.at(-1)).toBe(sid);
    expect(new Set(told).size).toBe(2);
  });

  it('does not wait for an event that is not taken', async () => {
    let refused = '';
    const receiver = await startReceiver(() => {
      const [event] = receiver.batches().at(-1) ?? [];
      refused ||= event?.id ?? '';
      return event?.id === refused ? 500 : 200;
    });
    const emulator = await startQuick({ eventRetryMs: 3_600_000 });
    await subscribed(emulator, receiver.url);
    const { tasks } = workspaceOf(emulator);
    await tasks.create();
    await receiver.count(1);
    await tasks.create();
    await expect.poll(() => deliveries(emulator)).toEqual({ ok: 1, failed: 1 });
  });

  it('without a receiver ends when its Sink is deleted, and does not keep the emulator', async () => {
    const emulator = await startQuick();
    const { sinkSid, subscriptionSid } = await subscribed(emulator, 'http://127.0.0.1:9/');
    await workspaceOf(emulator).tasks.create();
    await expect.poll(() => deliveries(emulator)).not.toEqual({ ok: 0, failed: 0 });
    const events = eventStreamsOf(emulator);
    await events.subscriptions(subscriptionSid).remove();
    await events.sinks(sinkSid).remove();

    await subscribed(emulator, 'http://127.0.0.1:9/');
    await workspaceOf(emulator).tasks.create();
    const before = performance.now();
    await emulator.close();
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it.each([
    [
      'the emulator is reset',
      (emulator: TaskRouterEmulator) => adminRequest(emulator, 'POST', '/reset'),
    ],
    ['the emulator is closed', (emulator: TaskRouterEmulator) => emulator.close()],
  ])('that is not taken is dropped when %s', async (_, end) => {
    const receiver = await startReceiver(() => 500);
    const emulator = await startQuick({ eventRetryMs: 20 });
    await subscribed(emulator, receiver.url);
    await workspaceOf(emulator).tasks.create();
    await receiver.count(1);
    await end(emulator);
    const atMost = receiver.received.length + 1;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(receiver.received.length).toBeLessThanOrEqual(atMost);
  });

  it('goes beside the event callback, each by its own luck', async () => {
    const [callback, stream] = [await startReceiver(), await startReceiver()];
    const emulator = await startQuick();
    await subscribed(emulator, stream.url);
    await workspaceOf(emulator).update({ eventCallbackUrl: callback.url });
    const { sid } = await workspaceOf(emulator).tasks.create();
    await Promise.all([callback.count(1), stream.count(1)]);
    expect(callback.forms()[0]?.['TaskSid']).toBe(sid);
    expect(stream.batches()[0]?.[0]?.data.payload['task_sid']).toBe(sid);
    expect(stream.batches()[0]?.[0]?.data.sid).toBe(callback.forms()[0]?.['Sid']);
  });

  it('repeats an event under the same id where that is the setting', async () => {
    const receiver = await startReceiver();
    const emulator = await startQuick({ eventRepeatRate: 1 });
    await subscribed(emulator, receiver.url);
    await workspaceOf(emulator).tasks.create();
    await receiver.count(2);
    const ids = receiver
      .batches()
      .flat()
      .map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
