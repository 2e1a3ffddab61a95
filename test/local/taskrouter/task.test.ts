import { describe, expect, it } from 'vitest';
import {
  acceptTask,
  account,
  jsonOf,
  offerTask,
  startEmulator,
  statsOf,
  type TwilioRequest,
  twilioRequest,
  workspaceOf,
} from './client.ts';

describe('a Task', () => {
  it('is created, fetched, updated and deleted by the twilio SDK', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    const made = await tasks.create({ attributes: '{"a": 1}', priority: 3, taskChannel: 'voice' });
    expect(made).toMatchObject({
      attributes: '{"a": 1}',
      assignmentStatus: 'pending',
      priority: 3,
      taskChannelUniqueName: 'voice',
      timeout: 86_400,
    });

    const updated = await tasks(made.sid).update({ attributes: '{"b":2}' });
    expect(updated.attributes).toBe('{"b":2}');
    expect((await tasks(made.sid).fetch()).attributes).toBe('{"b":2}');

    expect(await tasks(made.sid).remove()).toBe(true);
    await expect(tasks(made.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it('keeps the exact text of its attributes', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    const attributes = '{ "é" : "☎ \\u0041",\n"a":1.0, "a":2 }';
    const { sid } = await tasks.create({ attributes });
    expect((await tasks(sid).fetch()).attributes).toBe(attributes);
  });

  it('takes 4096 characters of attributes and not one more', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    const ofLength = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`;
    const { sid } = await tasks.create({ attributes: ofLength(4096) });
    const tooLong = { attributes: ofLength(4097) };
    await expect(tasks.create(tooLong)).rejects.toMatchObject({ status: 400 });
    await expect(tasks(sid).update(tooLong)).rejects.toMatchObject({ status: 400 });
    expect((await tasks(sid).fetch()).attributes).toBe(ofLength(4096));
  });

  it.each([
    ['Attributes', ''],
    ['Attributes', 'no JSON'],
    ['Attributes', '[]'],
    ['Attributes', '"text"'],
    ['Attributes', 'null'],
    ['Attributes', '1'],
    ['Priority', '-1'],
    ['Timeout', '1209601'],
    ['WorkflowSid', 'WW1'],
    ['VirtualStartTime', 'yesterday'],
    ['VirtualStartTime', '2999-01-01T00:00:00Z'],
    ['VirtualStartTime', '1899-12-31T23:59:59Z'],
  ])('refuses to be created with %s %j', async (name, value) => {
    const form = { [name]: value };
    const answer = await twilioRequest(await startEmulator(), { path: '/Tasks', form });
    expect(answer.status).toBe(400);
    const { message } = (await answer.json()) as { message: string };
    expect(message).toContain(name);
    if (name !== 'Attributes') expect(message).not.toContain(value);
  });

  it('prints its times in whole seconds, and its age', async () => {
    let time = Date.parse('2026-01-02T03:04:05.678Z');
    const { tasks } = workspaceOf(await startEmulator({ now: () => time }));
    const { sid } = await tasks.create();
    time += 61_000;
    const task = await tasks(sid).fetch();
    expect(task.age).toBe(61);
    expect(task.dateCreated.toISOString()).toBe('2026-01-02T03:04:05.000Z');
  });

  it('that is unknown is a 404 with code 20404, for every request', async () => {
    const emulator = await startEmulator();
    const path = `/Tasks/WT${'0'.repeat(32)}`;
    for (const request of [
      { path },
      { path, form: { Attributes: '{}' } },
      { path, method: 'DELETE' },
      { path: `${path}/Reservations` },
      { path: `${path}/Reservations/WR${'0'.repeat(32)}` },
    ]) {
      const answer = await twilioRequest(emulator, request);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({
        code: 20404,
        message: `The requested resource /Workspaces/${account.workspaceSid}${request.path} was not found`,
        more_info: 'https://www.twilio.com/docs/errors/20404',
        status: 404,
      });
    }
  });

  it.each(['completed' as const, 'canceled' as const])(
    'that is %s takes attributes until it is gone, from lists too',
    async (assignmentStatus) => {
      let time = Date.now();
      const settings = { deleteAfterMs: 120_000 };
      const emulator = await startEmulator({ now: () => time, settings });
      const { tasks } = workspaceOf(emulator);
      const { sid } = await tasks.create();
      if (assignmentStatus === 'completed') await acceptTask(emulator, sid);
      await tasks(sid).update({ assignmentStatus, reason: 'done' });

      time += 119_999;
      const late = await tasks(sid).update({ attributes: '{"late":true}' });
      expect(late).toMatchObject({ assignmentStatus, reason: 'done' });
      const evaluateTaskAttributes = 'late == true';
      expect(await tasks.list({ assignmentStatus: [assignmentStatus] })).toHaveLength(1);
      expect(await tasks.list({ evaluateTaskAttributes })).toHaveLength(1);

      time += 1;
      expect(await tasks.list()).toEqual([]);
      await expect(tasks(sid).fetch()).rejects.toMatchObject({ code: 20404 });
      await expect(tasks(sid).reservations.list()).rejects.toMatchObject({ code: 20404 });
      await expect(tasks(sid).update({ attributes: '{}' })).rejects.toMatchObject({ code: 20404 });
    },
  );

  it('emits an update after it took effect, and responds only then', async () => {
    const events: string[] = [];
    const emulator = await startEmulator({
      onUpdate: async (sid) => {
        events.push((await workspaceOf(emulator).tasks(sid).fetch()).attributes);
      },
    });
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    await tasks(sid).update({ attributes: '{"a":1}' });
    expect(events).toEqual(['{"a":1}']);
  });
});

const start = async () => {
  const emulator = await startEmulator();
  const { sid } = await workspaceOf(emulator).tasks.create();
  const path = `/Tasks/${sid}`;
  const send = (request: Partial<TwilioRequest> = {}) =>
    twilioRequest(emulator, { path, ...request });
  const etag = async (request?: Partial<TwilioRequest>) =>
    (await send(request)).headers.get('ETag');
  return { emulator, sid, path, send, etag };
};
const form = { Attributes: '{"a":1}' };

describe('the ETag of a Task', () => {
  it('is a quoted number that changes with every write and with nothing else', async () => {
    const { emulator, sid, send, etag } = await start();
    expect([await etag(), await etag()]).toEqual(['"0"', '"0"']);
    expect([await etag({ form }), await etag({ form })]).toEqual(['"1"', '"2"']);
    await send({ form: { Attributes: 'no JSON' } });
    expect(await etag()).toBe('"2"');
    await offerTask(emulator, sid);
    expect(await etag()).toBe('"3"');
  });

  it.each(['"0"', '0', '*', '"7", "0"'])(
    'lets an update with If-Match %s through',
    async (ifMatch) => {
      const { send } = await start();
      expect((await send({ form, ifMatch })).status).toBe(200);
    },
  );

  it.each(['"0"', '0', '"2"', 'W'])(
    'refuses an update with a stale If-Match %s',
    async (ifMatch) => {
      const { emulator, send } = await start();
      await send({ form });
      const answer = await send({ form: { Attributes: '{"lost":true}' }, ifMatch });
      expect(answer.status).toBe(412);
      expect(await answer.json()).toMatchObject({
        code: 20412,
        more_info: 'https://www.twilio.com/docs/errors/20412',
        status: 412,
      });
      expect(await jsonOf(send())).toMatchObject({ attributes: '{"a":1}' });
      expect(await statsOf(emulator)).toMatchObject({ conflicts: 1 });
    },
  );

  it('guards a deletion and a reservation too', async () => {
    const { emulator, sid, path, send } = await start();
    const reservation = `${path}/Reservations/${await offerTask(emulator, sid)}`;
    const accept = { path: reservation, form: { ReservationStatus: 'accepted' } };
    expect((await send({ ...accept, ifMatch: '"1"' })).status).toBe(412);
    expect((await send({ ...accept, ifMatch: '"0"' })).headers.get('ETag')).toBe('"1"');
    expect((await send({ method: 'DELETE', ifMatch: '"0"' })).status).toBe(412);
    expect((await send({ method: 'DELETE', ifMatch: '"2"' })).status).toBe(204);
  });
});
