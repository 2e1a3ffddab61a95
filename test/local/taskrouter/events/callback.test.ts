import { validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../../local/taskrouter/settings.ts';
import {
  acceptTask,
  adminRequest,
  jsonOf,
  offerTask,
  startEmulator,
  statsOf,
  twilioRequest,
  workspaceOf,
} from '../client.ts';
import { startReceiver } from './receiver.ts';

const authToken = '0123456789abcdef0123456789abcdef';

/** An emulator with an event callback, and the receiver of its events. */
const start = async ({
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
    const { receiver, emulator, tasks, values } = await start();
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
    const { receiver, emulator, tasks, values } = await start({
      filter: 'task.updated, reservation.created',
    });
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    await offerTask(emulator, sid);
    await receiver.count(2);
    expect(new Set(values('EventType'))).toEqual(new Set(['task.updated', 'reservation.created']));
  });

  it('is tried once, even if it fails, and counted', async () => {
    const { receiver, emulator, tasks, values } = await start({
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
    const { receiver, workspace, tasks, values } = await start();
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
    const { receiver, emulator } = await start({ statusOf: () => 'none' });
    expect((await twilioRequest(emulator, { path: '/Tasks', form: {} })).status).toBe(201);
    await receiver.count(1);
    const before = performance.now();
    await emulator.close();
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('of every event is lost if so configured, and still emitted in the process', async () => {
    const settings = { eventLossRate: 1 };
    const { receiver, emulator, tasks, values, heard } = await start({ settings });
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
    const { receiver, tasks } = await start({ settings: { eventRepeatRate: 1, eventDelayMs: 20 } });
    await tasks.create();
    await receiver.count(2);
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
  });

  it('goes on after a reset', async () => {
    const { receiver, emulator, tasks, values } = await start();
    await adminRequest(emulator, 'POST', '/reset');
    const { sid } = await tasks.create();
    await receiver.count(1);
    expect(values('TaskSid')).toEqual([sid]);
  });
});
