import { beforeEach, describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../../local/taskrouter/emulator.ts';
import { eventStreamsTypes } from '../../../../local/taskrouter/events/event.ts';
import { account, eventStreamsOf, startEmulator } from '../client.ts';

const created = 'com.twilio.taskrouter.task.created';
const updated = 'com.twilio.taskrouter.task.updated';
const nowhere = (prefix: string) => prefix + '0'.repeat(32);
const webhook = { destination: 'https://example.com/events', method: 'POST', batch_events: true };
const notFound = { status: 404, code: 20404 };

describe('Event Streams', () => {
  let emulator: TaskRouterEmulator;
  let events: ReturnType<typeof eventStreamsOf>;
  beforeEach(async () => {
    emulator = await startEmulator();
    events = eventStreamsOf(emulator);
  });
  const sink = (description = 'Task events') =>
    events.sinks.create({ description, sinkType: 'webhook', sinkConfiguration: webhook });
  const subscription = (sinkSid: string, types = [created]) =>
    events.subscriptions.create({
      description: 'Task events',
      sinkSid,
      types: types.map((type) => ({ type, schema_version: 4 })),
    });

  it('has Sinks, made, read, changed and deleted by the twilio SDK', async () => {
    const { sid } = await sink();
    expect(sid).toMatch(/^DG[0-9a-f]{32}$/);
    expect(await events.sinks(sid).fetch()).toMatchObject({
      description: 'Task events',
      sinkType: 'webhook',
      sinkConfiguration: webhook,
      status: 'active',
      url: `${emulator.url}/v1/Sinks/${sid}`,
    });
    await events.sinks(sid).update({ description: 'Renamed' });
    expect((await events.sinks(sid).fetch()).description).toBe('Renamed');
    expect(await events.sinks(sid).remove()).toBe(true);
    await expect(events.sinks(sid).fetch()).rejects.toMatchObject(notFound);
  });

  it('has Subscriptions and their events, made, read, changed and deleted by it', async () => {
    const { sid: sinkSid } = await sink();
    const { sid } = await subscription(sinkSid, [created, updated]);
    expect(sid).toMatch(/^DF[0-9a-f]{32}$/);
    const one = events.subscriptions(sid);
    expect(await one.fetch()).toMatchObject({
      accountSid: account.accountSid,
      description: 'Task events',
      sinkSid,
    });
    await one.update({ description: 'Renamed' });
    expect((await one.fetch()).description).toBe('Renamed');

    const types = async () => (await one.subscribedEvents.list()).map(({ type }) => type);
    expect(await types()).toEqual([created, updated]);
    const added = 'com.twilio.taskrouter.reservation.accepted';
    expect(await one.subscribedEvents.create({ type: added, schemaVersion: 2 })).toMatchObject({
      accountSid: account.accountSid,
      subscriptionSid: sid,
      type: added,
      schemaVersion: 2,
    });
    await one.subscribedEvents(added).update({ schemaVersion: 3 });
    expect((await one.subscribedEvents(added).fetch()).schemaVersion).toBe(3);
    await one.subscribedEvents(created).remove();
    expect(await types()).toEqual([updated, added]);
    await expect(one.subscribedEvents(created).fetch()).rejects.toMatchObject(notFound);

    expect(await one.remove()).toBe(true);
    await expect(one.fetch()).rejects.toMatchObject(notFound);
    await expect(one.subscribedEvents.list()).rejects.toMatchObject(notFound);
  });

  it('lists by what it is asked for, in pages', async () => {
    const [first, second, third] = [await sink('1'), await sink('2'), await sink('3')];
    const one = await subscription(first.sid);
    const other = await subscription(third.sid);
    const sids = (list: { sid: string }[]) => list.map(({ sid }) => sid);
    expect(sids(await events.sinks.list({ pageSize: 1 }))).toEqual(sids([first, second, third]));
    expect(sids(await events.sinks.list({ inUse: false }))).toEqual([second.sid]);
    expect(sids(await events.sinks.list({ inUse: true, limit: 1 }))).toEqual([first.sid]);
    expect(await events.sinks.list({ status: 'failed' })).toEqual([]);
    expect(sids(await events.subscriptions.list())).toEqual(sids([one, other]));
    expect(sids(await events.subscriptions.list({ sinkSid: third.sid }))).toEqual([other.sid]);
  });

  it("has types, those of TaskRouter's events", async () => {
    const types = await events.eventTypes.list({ schemaId: 'TaskRouter.WDSEvent', pageSize: 5 });
    expect(types.map(({ type }) => type)).toEqual(eventStreamsTypes);
    expect(types[0]).toMatchObject({ schemaId: 'TaskRouter.WDSEvent', status: 'available' });
    expect(await events.eventTypes.list({ schemaId: 'Messaging.MessageStatus' })).toEqual([]);
  });

  it('keeps a Sink that is in use', async () => {
    const { sid } = await sink();
    const { sid: subscriptionSid } = await subscription(sid);
    await expect(events.sinks(sid).remove()).rejects.toMatchObject({ status: 400, code: 91007 });
    await events.subscriptions(subscriptionSid).remove();
    expect(await events.sinks(sid).remove()).toBe(true);
  });

  it.each([
    ['sinkType', { sinkType: 'kinesis' as const }, /SinkType must be webhook/],
    ['no destination', { sinkConfiguration: { method: 'POST' } }, /SinkConfiguration.destination/],
    [
      'a destination that is no URL',
      { sinkConfiguration: { ...webhook, destination: 'example.com' } },
      /must be a URL/,
    ],
    ['GET', { sinkConfiguration: { ...webhook, method: 'GET' } }, /method must be POST/],
    ['no JSON', { sinkConfiguration: '{' }, /SinkConfiguration must be JSON/],
  ])('refuses a Sink with %s', async (_, wrong, message) => {
    const sinkType = 'webhook' as const;
    const right = { description: 'Task events', sinkType, sinkConfiguration: webhook };
    await expect(events.sinks.create({ ...right, ...wrong })).rejects.toMatchObject({
      status: 400,
      code: 20001,
      message: expect.stringMatching(message),
    });
  });

  it('refuses a Subscription of an unknown event, to no Sink, or of nothing', async () => {
    const { sid } = await sink();
    await expect(subscription(sid, ['com.twilio.taskrouter.task.eaten'])).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/Types.type must be the type of an event/),
    });
    await expect(subscription(nowhere('DG'))).rejects.toMatchObject({ status: 400, code: 91100 });
    await expect(subscription(sid, [])).rejects.toMatchObject({ status: 400, code: 91100 });
    expect(await events.subscriptions.list()).toEqual([]);
  });

  it('refuses to add an event that is unknown, there already, or of no version', async () => {
    const { sid } = await subscription((await sink()).sid);
    const { subscribedEvents } = events.subscriptions(sid);
    for (const wrong of [
      { type: 'task.updated' },
      { type: created },
      { type: updated, schemaVersion: 5 },
    ]) {
      await expect(subscribedEvents.create(wrong)).rejects.toMatchObject({ status: 400 });
    }
    expect(await subscribedEvents.list()).toHaveLength(1);
  });

  it.each(['Sinks', 'Subscriptions', 'Types', `Subscriptions/${nowhere('DF')}/SubscribedEvents`])(
    'is shut to strangers: %s',
    async (path) => {
      const answer = await fetch(`${emulator.url}/v1/${path}`);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 20003 });
    },
  );
});
