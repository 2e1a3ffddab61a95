import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../../local/taskrouter/emulator.ts';
import { eventStreamsTypes } from '../../../../local/taskrouter/events/event.ts';
import type { Settings } from '../../../../local/taskrouter/settings.ts';
import {
  acceptTask,
  adminRequest,
  eventStreamsOf,
  jsonOf,
  offerTask,
  startEmulator,
  statsOf,
  twilioRequest,
  workspaceOf,
} from '../client.ts';
import { startReceiver } from './receiver.ts';

const authToken = '0123456789abcdef0123456789abcdef';
const created = 'com.twilio.taskrouter.task.created';

interface SubscriptionOptions {
  batched?: boolean;
  types?: readonly string[];
}

const subscribe = async (
  emulator: TaskRouterEmulator,
  destination: string,
  { batched = false, types = eventStreamsTypes }: SubscriptionOptions = {},
) => {
  const events = eventStreamsOf(emulator);
  const { sid: sinkSid } = await events.sinks.create({
    description: 'Task events',
    sinkType: 'webhook',
    sinkConfiguration: { destination, method: 'POST', batch_events: batched },
  });
  const { sid: subscriptionSid } = await events.subscriptions.create({
    description: 'Task events',
    sinkSid,
    types: types.map((type) => ({ type })),
  });
  return { sinkSid, subscriptionSid };
};

/** An emulator with a subscription, and the receiver of its events. */
const start = async ({
  statusOf,
  settings = {},
  ...subscription
}: {
  statusOf?: Parameters<typeof startReceiver>[0];
  settings?: Partial<Settings>;
} & SubscriptionOptions = {}) => {
  const receiver = await startReceiver(statusOf);
  const emulator = await startEmulator({ authToken, settings: { eventRetryMs: 5, ...settings } });
  const sids = await subscribe(emulator, receiver.url, subscription);
  return {
    ...sids,
    receiver,
    emulator,
    tasks: workspaceOf(emulator).tasks,
    deliveries: async () => (await statsOf(emulator)).deliveries,
    taskSids: () => receiver.events().map(({ data }) => data.payload['task_sid']),
  };
};

describe('a stream of events', () => {
  it('is signed JSON of CloudEvents, one by one if they are not batched', async () => {
    const { receiver, emulator, tasks } = await start();
    const attributes = '{ "name": "Zoë & Ann = 1+1" }';
    await acceptTask(emulator, (await tasks.create({ attributes })).sid);
    await receiver.count(3);
    expect(receiver.batches().map(({ length }) => length)).toEqual([1, 1, 1]);
    const types = receiver.events().map(({ type }) => type);
    expect(types.sort()).toEqual([
      'com.twilio.taskrouter.reservation.accepted',
      'com.twilio.taskrouter.reservation.created',
      created,
    ]);
    for (const { url, headers, body } of receiver.received) {
      const signature = String(headers['x-twilio-signature']);
      expect(url).toMatch(/\/events\?of=twilio&bodySHA256=[0-9a-f]{64}$/);
      expect(headers['content-type']).toBe('application/json');
      expect(validateRequestWithBody(authToken, signature, url, body)).toBe(true);
    }
  });

  it('sends batches if so configured', async () => {
    const { receiver, emulator, tasks } = await start({ batched: true });
    const { sid } = await tasks.create();
    const reservation = await acceptTask(emulator, sid);
    await tasks(sid).reservations(reservation).update({ reservationStatus: 'completed' });
    await expect.poll(() => receiver.events().length).toBe(5);
    const batches = receiver.batches().map((batch) => batch.map(({ type }) => type));
    const together = batches.find((types) => types.at(-1)?.endsWith('task.completed'));
    expect(together?.at(-2)).toBe('com.twilio.taskrouter.reservation.completed');
  });

  it('has what its Subscriptions name, each event once', async () => {
    const { receiver, emulator, tasks, sinkSid, subscriptionSid, taskSids, deliveries } =
      await start({ types: [created] });
    const other = await startReceiver();
    const offered = 'com.twilio.taskrouter.reservation.created';
    await subscribe(emulator, other.url, { types: [offered] });
    const updated = 'com.twilio.taskrouter.task.updated';
    const { subscriptions } = eventStreamsOf(emulator);
    const types = [{ type: created }, { type: updated }];
    await subscriptions.create({ description: 'Again', sinkSid, types });
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await tasks(sid).remove();
    const last = await tasks.create();
    await receiver.count(3);
    expect(receiver.events().map(({ type }, index) => [type, taskSids()[index]])).toEqual(
      expect.arrayContaining([
        [created, sid],
        [updated, sid],
        [created, last.sid],
      ]),
    );
    expect(await deliveries()).toMatchObject({ failed: 0 });

    await subscriptions(subscriptionSid).subscribedEvents(created).remove();
    await offerTask(emulator, (await tasks.create()).sid);
    await Promise.all([receiver.count(4), other.count(1)]);
    expect(other.events().map(({ type }) => type)).toEqual([offered]);
    const ids = receiver.events().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is cut into batches that are not too long, and nothing is left over', async () => {
    const { receiver, tasks, taskSids } = await start({ batched: true });
    const made = await Promise.all(Array.from({ length: 120 }, () => tasks.create()));
    await expect.poll(() => receiver.events().length).toBe(120);
    for (const batch of receiver.batches()) expect(batch.length).toBeLessThanOrEqual(50);
    expect(new Set(taskSids())).toEqual(new Set(made.map(({ sid }) => sid)));
  });

  it('is sent again until it is taken, the same bytes each time', async () => {
    const statusOf = (count: number) => [500, 429, 302][count - 1] ?? 200;
    const { receiver, tasks, deliveries } = await start({ statusOf });
    await tasks.create();
    await receiver.count(4);
    await expect.poll(deliveries).toEqual({ ok: 1, failed: 3 });
    expect(new Set(receiver.received.map(({ url, body }) => url + body)).size).toBe(1);
    expect(receiver.received).toHaveLength(4);
  });

  it('is dropped if it is refused for good, and the next one is sent', async () => {
    const statusOf = (count: number) => (count === 1 ? 401 : 204);
    const { receiver, tasks, deliveries, taskSids } = await start({ statusOf });
    const first = await tasks.create();
    await receiver.count(1);
    const { sid } = await tasks.create();
    await expect.poll(deliveries).toEqual({ ok: 1, failed: 1 });
    expect(taskSids()).toEqual([first.sid, sid]);
  });

  it('does not wait for an event that is not taken', async () => {
    const { receiver, tasks, deliveries } = await start({
      statusOf: (count) => (count === 1 ? 500 : 200),
      settings: { eventRetryMs: 3_600_000 },
    });
    await tasks.create();
    await receiver.count(1);
    await tasks.create();
    await expect.poll(deliveries).toEqual({ ok: 1, failed: 1 });
  });

  it('to nobody who listens is given up when its Sink is deleted, and does not keep the emulator', async () => {
    const emulator = await startEmulator({ authToken, settings: { eventRetryMs: 5 } });
    const nobody = 'http://127.0.0.1:9/';
    const { sinkSid, subscriptionSid } = await subscribe(emulator, nobody);
    const { tasks } = workspaceOf(emulator);
    await tasks.create();
    await expect
      .poll(async () => (await statsOf(emulator)).deliveries)
      .not.toEqual({ ok: 0, failed: 0 });
    const events = eventStreamsOf(emulator);
    await events.subscriptions(subscriptionSid).remove();
    await events.sinks(sinkSid).remove();

    await subscribe(emulator, nobody);
    await tasks.create();
    const before = performance.now();
    await emulator.close();
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it.each([
    ['reset', (emulator: TaskRouterEmulator) => adminRequest(emulator, 'POST', '/reset')],
    ['closed', (emulator: TaskRouterEmulator) => emulator.close()],
  ])('that is not taken is dropped when the emulator is %s', async (_, end) => {
    const settings = { eventRetryMs: 20 };
    const { receiver, emulator, tasks } = await start({ statusOf: () => 500, settings });
    await tasks.create();
    await receiver.count(1);
    await end(emulator);
    const atMost = receiver.received.length + 1;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(receiver.received.length).toBeLessThanOrEqual(atMost);
  });

  it('goes beside the event callback, as the same event', async () => {
    const { receiver, emulator, tasks } = await start();
    const callback = await startReceiver();
    await workspaceOf(emulator).update({ eventCallbackUrl: callback.url });
    const { sid } = await tasks.create();
    await Promise.all([callback.count(1), receiver.count(1)]);
    const [form] = callback.forms();
    expect(form?.['TaskSid']).toBe(sid);
    const data = { sid: form?.['Sid'], payload: { task_sid: sid } };
    expect(receiver.events()[0]?.data).toMatchObject(data);
  });
});

/** An emulator with an event callback, and the receiver of its events. */
const startCallback = async ({
  statusOf,
  settings = {},
  filter = '',
}: {
  statusOf?: Parameters<typeof startReceiver>[0];
  settings?: Partial<Settings>;
  filter?: string;
} = {}) => {
  const receiver = await startReceiver(statusOf);
  const heard: string[] = [];
  const onEvent = ({ type }: { type: string }) => heard.push(type);
  const emulator = await startEmulator({ authToken, settings, onEvent });
  const workspace = workspaceOf(emulator);
  await workspace.update({ eventCallbackUrl: receiver.url, eventsFilter: filter });
  const values = (field: string) => receiver.forms().map((form) => form[field]);
  return { receiver, emulator, heard, workspace, tasks: workspace.tasks, values };
};

describe('the event callback', () => {
  it('is a signed form for every event of a conversation', async () => {
    const { receiver, emulator, tasks, values } = await startCallback();
    const { sid } = await tasks.create({ attributes: '{ "name": "Zoë & Ann = 1+1" }' });
    await acceptTask(emulator, sid);
    const transfer = { workerName: 'grace', mode: 'COLD' };
    const offered = adminRequest(emulator, 'POST', `/Tasks/${sid}/Transfers`, transfer);
    expect(await jsonOf(offered)).toMatchObject({ worker_name: 'grace' });
    await tasks(sid).update({ attributes: '{"a":1}' });
    await receiver.count(7);

    expect(values('EventType').sort()).toEqual([
      ...['reservation.accepted', 'reservation.created', 'reservation.created'],
      ...['reservation.wrapup', 'task.created', 'task.transfer-initiated', 'task.updated'],
    ]);
    for (const { url, headers, body } of receiver.received) {
      const signature = String(headers['x-twilio-signature']);
      const fields = Object.fromEntries(new URLSearchParams(body));
      expect(url).toBe(receiver.url);
      expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
      expect(validateRequest(authToken, signature, url, fields)).toBe(true);
    }
  });

  it('sends only what its filter names', async () => {
    const { receiver, emulator, tasks, values } = await startCallback({
      filter: 'task.updated, reservation.created',
    });
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await offerTask(emulator, sid);
    await receiver.count(2);
    expect(new Set(values('EventType'))).toEqual(new Set(['task.updated', 'reservation.created']));
  });

  it('is tried once, even if it fails, and counted', async () => {
    const { receiver, emulator, tasks, values } = await startCallback({
      statusOf: (count) => (count === 1 ? 500 : 204),
      settings: { eventRetryMs: 1 },
    });
    await tasks.create();
    await receiver.count(1);
    await tasks.create();
    await receiver.count(2);
    const deliveries = { ok: 1, failed: 1 };
    await expect.poll(() => statsOf(emulator)).toMatchObject({ deliveries });
    expect(new Set(values('TaskSid')).size).toBe(2);
  });

  it('is not made without a URL, nor without a token to sign with', async () => {
    const { receiver, workspace, tasks, values } = await startCallback();
    const unsigned = workspaceOf(await startEmulator());
    await unsigned.update({ eventCallbackUrl: receiver.url });
    await unsigned.tasks.create();
    await workspace.update({ eventCallbackUrl: '' });
    await tasks.create();
    await workspace.update({ eventCallbackUrl: receiver.url });
    const { sid } = await tasks.create();
    await receiver.count(1);
    expect(values('TaskSid')).toEqual([sid]);
  });

  it('delays neither the call that causes it nor the emulator when it closes', async () => {
    const { receiver, emulator } = await startCallback({ statusOf: () => 'none' });
    expect((await twilioRequest(emulator, { path: '/Tasks', form: {} })).status).toBe(201);
    await receiver.count(1);
    const before = performance.now();
    await emulator.close();
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('of every event is lost if so configured, and still emitted in the process', async () => {
    const settings = { eventLossRate: 1 };
    const { receiver, emulator, tasks, values, heard } = await startCallback({ settings });
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await adminRequest(emulator, 'PUT', '/settings', { eventLossRate: 0 });
    await tasks(sid).remove();
    await receiver.count(1);
    expect(values('EventType')).toEqual(['task.deleted']);
    expect(heard).toEqual(['task.created', 'task.updated', 'task.deleted']);
    expect(await statsOf(emulator)).toMatchObject({
      events: { 'task.created': 1, 'task.updated': 1, 'task.deleted': 1 },
    });
  });

  it('of every event is sent twice if so configured, as the same event', async () => {
    const settings = { eventRepeatRate: 1, eventDelayMs: 20 };
    const { receiver, tasks } = await startCallback({ settings });
    await tasks.create();
    await receiver.count(2);
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
  });

  it('goes on after a reset', async () => {
    const { receiver, emulator, tasks, values } = await startCallback();
    await adminRequest(emulator, 'POST', '/reset');
    const { sid } = await tasks.create();
    await receiver.count(1);
    expect(values('TaskSid')).toEqual([sid]);
  });
});
