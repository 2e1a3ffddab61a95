import { describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import { adminRequest, offerTask, startEmulator, twilioRequest, workspaceOf } from './client.ts';

const create = async (emulator: TaskRouterEmulator) => {
  const answer = await twilioRequest(emulator, { path: '/Tasks', form: {} });
  const { sid } = (await answer.json()) as { sid: string };
  return { path: `/Tasks/${sid}`, sid, etag: answer.headers.get('ETag') };
};
const form = { Attributes: '{"a":1}' };

describe('the ETag of a Task', () => {
  it('is a quoted number that changes with every write and with nothing else', async () => {
    const emulator = await startEmulator();
    const { path, sid, etag } = await create(emulator);
    expect(etag).toBe('"0"');
    expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe('"0"');
    expect((await twilioRequest(emulator, { path, form })).headers.get('ETag')).toBe('"1"');
    expect((await twilioRequest(emulator, { path, form })).headers.get('ETag')).toBe('"2"');
    await twilioRequest(emulator, { path, form: { Attributes: 'no JSON' } });
    expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe('"2"');
    await offerTask(emulator, sid);
    expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe('"3"');
  });

  it('reaches the caller of the twilio SDK', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    const { sid } = await tasks.create();
    const { etag = '' } = (await tasks(sid).fetchWithHttpInfo()).headers;
    expect(etag).toBe('"0"');
    const updated = await tasks(sid).updateWithHttpInfo({
      attributes: '{"a":1}',
      ifMatch: etag,
    });
    expect(updated.headers['etag']).toBe('"1"');
    await expect(tasks(sid).update({ attributes: '{"a":2}', ifMatch: etag })).rejects.toMatchObject(
      { status: 412, code: 20412 },
    );
  });

  it.each(['"0"', '0', '*', '"7", "0"'])(
    'lets an update with If-Match %s through',
    async (ifMatch) => {
      const emulator = await startEmulator();
      const { path } = await create(emulator);
      expect((await twilioRequest(emulator, { path, form, ifMatch })).status).toBe(200);
    },
  );

  it.each(['"0"', '0', '"2"', 'W'])(
    'refuses an update with a stale If-Match %s',
    async (ifMatch) => {
      const emulator = await startEmulator();
      const { path } = await create(emulator);
      await twilioRequest(emulator, { path, form });
      const answer = await twilioRequest(emulator, {
        path,
        form: { Attributes: '{"lost":true}' },
        ifMatch,
      });
      expect(answer.status).toBe(412);
      expect(await answer.json()).toMatchObject({
        code: 20412,
        more_info: 'https://www.twilio.com/docs/errors/20412',
        status: 412,
      });
      expect(await (await twilioRequest(emulator, { path })).json()).toMatchObject({
        attributes: '{"a":1}',
      });
      expect(await (await adminRequest(emulator, 'GET', '/stats')).json()).toMatchObject({
        conflicts: 1,
      });
    },
  );

  it('guards a deletion and a reservation too', async () => {
    const emulator = await startEmulator();
    const { path, sid } = await create(emulator);
    const reservation = `${path}/Reservations/${await offerTask(emulator, sid)}`;
    const accept = { ReservationStatus: 'accepted' };
    const stale = await twilioRequest(emulator, {
      path: reservation,
      form: accept,
      ifMatch: '"1"',
    });
    expect(stale.status).toBe(412);
    const accepted = await twilioRequest(emulator, {
      path: reservation,
      form: accept,
      ifMatch: '"0"',
    });
    expect(accepted.headers.get('ETag')).toBe('"1"');
    expect((await twilioRequest(emulator, { path, method: 'DELETE', ifMatch: '"0"' })).status).toBe(
      412,
    );
    expect((await twilioRequest(emulator, { path, method: 'DELETE', ifMatch: '"2"' })).status).toBe(
      204,
    );
  });

  it('is not asked for: without If-Match the last write wins', async () => {
    const emulator = await startEmulator();
    const { path } = await create(emulator);
    await twilioRequest(emulator, { path, form });
    await twilioRequest(emulator, { path, form: { Attributes: '{"b":2}' } });
    expect(await (await twilioRequest(emulator, { path })).json()).toMatchObject({
      attributes: '{"b":2}',
    });
  });
});
