import { beforeEach, describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import { adminRequest, offerTask, startEmulator, workspaceOf } from './client.ts';

type Move = 'accepted' | 'rejected' | 'wrapping' | 'completed' | 'pending';

describe('the life of a Task', () => {
  let emulator: TaskRouterEmulator;
  let sid: string;
  let tasks: ReturnType<typeof workspaceOf>['tasks'];
  beforeEach(async () => {
    emulator = await startEmulator();
    tasks = workspaceOf(emulator).tasks;
    sid = (await tasks.create()).sid;
  });
  const status = async () => (await tasks(sid).fetch()).assignmentStatus;
  const move = (reservation: string, to: Move) =>
    tasks(sid).reservations(reservation).update({ reservationStatus: to });
  const reservations = async () =>
    (await tasks(sid).reservations.list()).map((reservation) => reservation.reservationStatus);

  it('goes from pending to completed with its reservation', async () => {
    expect(await status()).toBe('pending');
    const reservation = await offerTask(emulator, sid);
    expect(await status()).toBe('reserved');
    await move(reservation, 'accepted');
    expect(await status()).toBe('assigned');
    await move(reservation, 'wrapping');
    expect(await status()).toBe('wrapping');
    await move(reservation, 'completed');
    expect(await status()).toBe('completed');
  });

  it('goes back to pending when the offer is rejected', async () => {
    await move(await offerTask(emulator, sid), 'rejected');
    expect(await status()).toBe('pending');
    expect(await reservations()).toEqual(['rejected']);
  });

  it('is reserved while a transfer is on offer, and assigned again when that is rejected', async () => {
    await move(await offerTask(emulator, sid), 'accepted');
    const transfer = await offerTask(emulator, sid, 'bob');
    expect(await status()).toBe('reserved');
    await move(transfer, 'rejected');
    expect(await status()).toBe('assigned');
  });

  it('stays assigned through a transfer until the last reservation is completed', async () => {
    const first = await offerTask(emulator, sid);
    await move(first, 'accepted');
    const second = await offerTask(emulator, sid, 'bob');
    await move(second, 'accepted');
    await move(first, 'wrapping');
    expect(await status()).toBe('assigned');
    await move(first, 'completed');
    expect(await status()).toBe('assigned');
    await move(second, 'wrapping');
    expect(await status()).toBe('wrapping');
    await move(second, 'completed');
    expect(await status()).toBe('completed');
    expect(await reservations()).toEqual(['completed', 'completed']);
  });

  it('rescinds the other offers when one is accepted', async () => {
    const first = await offerTask(emulator, sid);
    await offerTask(emulator, sid, 'bob');
    await move(first, 'accepted');
    expect(await reservations()).toEqual(['accepted', 'rescinded']);
  });

  it('can be wrapped up and completed by an update, and its reservations follow', async () => {
    await move(await offerTask(emulator, sid), 'accepted');
    await tasks(sid).update({ assignmentStatus: 'wrapping' });
    expect(await reservations()).toEqual(['wrapping']);
    await tasks(sid).update({ assignmentStatus: 'completed', reason: 'done' });
    expect(await reservations()).toEqual(['completed']);
  });

  it('can be canceled until it was assigned', async () => {
    const other = (await tasks.create()).sid;
    await offerTask(emulator, other);
    await tasks(other).update({ assignmentStatus: 'canceled', reason: 'gave up' });
    const [offered] = await tasks(other).reservations.list();
    expect(offered?.reservationStatus).toBe('canceled');

    await move(await offerTask(emulator, sid), 'accepted');
    await offerTask(emulator, sid, 'bob');
    await expect(tasks(sid).update({ assignmentStatus: 'canceled' })).rejects.toMatchObject({
      status: 400,
      code: 20001,
      message: expect.stringMatching(
        /^Cannot cancel task WT.* because it is not pending or reserved/,
      ),
    });
  });

  it.each(['completed', 'wrapping', 'assigned', 'reserved', 'pending'] as const)(
    'refuses to make a pending Task %s by an update, and changes nothing then',
    async (assignmentStatus) => {
      await expect(tasks(sid).update({ assignmentStatus, priority: 9 })).rejects.toMatchObject({
        status: 400,
        code: 20001,
      });
      expect(await tasks(sid).fetch()).toMatchObject({ assignmentStatus: 'pending', priority: 0 });
    },
  );

  it('wants a request of its own for the attributes, apart from completion', async () => {
    await move(await offerTask(emulator, sid), 'accepted');
    await expect(
      tasks(sid).update({ assignmentStatus: 'completed', attributes: '{}' }),
    ).rejects.toMatchObject({ status: 400 });
    expect(await status()).toBe('assigned');
  });

  it.each([
    [[], 'wrapping'],
    [[], 'completed'],
    [['accepted'], 'accepted'],
    [['accepted'], 'rejected'],
    [['accepted', 'wrapping'], 'accepted'],
    [['accepted', 'completed'], 'wrapping'],
    [['rejected'], 'accepted'],
  ] as [Move[], Move][])('refuses a reservation that went %j to become %s', async (way, to) => {
    const reservation = await offerTask(emulator, sid);
    for (const step of way) await move(reservation, step);
    await expect(move(reservation, to)).rejects.toMatchObject({ status: 400, code: 20001 });
  });

  it('takes no further offers once it is finished', async () => {
    await tasks(sid).update({ assignmentStatus: 'canceled' });
    const path = `/Tasks/${sid}/Reservations`;
    expect((await adminRequest(emulator, 'POST', path, { workerName: 'ada' })).status).toBe(404);
  });

  it('knows a worker by the same SID wherever its name comes up', async () => {
    const other = (await tasks.create()).sid;
    await offerTask(emulator, sid);
    await offerTask(emulator, other);
    const [[here], [there]] = await Promise.all([
      tasks(sid).reservations.list(),
      tasks(other).reservations.list(),
    ]);
    expect(here?.workerName).toBe('ada');
    expect(here?.workerSid).toBe(there?.workerSid);
  });

  it('lists reservations by status, by worker and in pages', async () => {
    await move(await offerTask(emulator, sid), 'rejected');
    await move(await offerTask(emulator, sid, 'bob'), 'accepted');
    const made = tasks(sid).reservations;
    const [bobs] = await made.list({ reservationStatus: 'accepted' });
    expect(bobs?.workerName).toBe('bob');
    expect(await made.list({ workerSid: bobs?.workerSid ?? '' })).toHaveLength(1);
    expect(await made.list({ pageSize: 1 })).toHaveLength(2);
    expect(
      (
        await tasks(sid)
          .reservations(bobs?.sid ?? '')
          .fetch()
      ).workerName,
    ).toBe('bob');
  });
});
