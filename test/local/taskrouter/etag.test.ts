import { describe, expect, it } from 'vitest';
import {
  jsonOf,
  offerTask,
  startEmulator,
  statsOf,
  type TwilioRequest,
  twilioRequest,
  workspaceOf,
} from './client.ts';

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
