import { beforeEach, describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import { acceptTask, adminRequest, offerTask, startEmulator, workspaceOf } from './client.ts';

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

  type Step = ['ada' | 'bob', Move | 'offered'];
  /** A step, and what the Task and each of its reservations are then. */
  type Row = [Step, string, ...string[]];
  const accepted: Row[] = [
    [['ada', 'offered'], 'reserved', 'pending'],
    [['ada', 'accepted'], 'assigned', 'accepted'],
  ];
  it.each<[string, Row[]]>([
    [
      'goes from pending to completed with its reservation',
      [
        ...accepted,
        [['ada', 'wrapping'], 'wrapping', 'wrapping'],
        [['ada', 'completed'], 'completed', 'completed'],
      ],
    ],
    [
      'goes back to pending when the offer is rejected',
      [
        [['ada', 'offered'], 'reserved', 'pending'],
        [['ada', 'rejected'], 'pending', 'rejected'],
      ],
    ],
    [
      'is reserved while a transfer is on offer, and assigned again when that is rejected',
      [
        ...accepted,
        [['bob', 'offered'], 'reserved', 'accepted', 'pending'],
        [['bob', 'rejected'], 'assigned', 'accepted', 'rejected'],
      ],
    ],
    [
      'stays assigned through a transfer until the last reservation is completed',
      [
        ...accepted,
        [['bob', 'offered'], 'reserved', 'accepted', 'pending'],
        [['bob', 'accepted'], 'assigned', 'accepted', 'accepted'],
        [['ada', 'wrapping'], 'assigned', 'wrapping', 'accepted'],
        [['ada', 'completed'], 'assigned', 'completed', 'accepted'],
        [['bob', 'wrapping'], 'wrapping', 'completed', 'wrapping'],
        [['bob', 'completed'], 'completed', 'completed', 'completed'],
      ],
    ],
  ])('%s', async (_, steps) => {
    expect(await status()).toBe('pending');
    const offers = { ada: '', bob: '' };
    for (const [[who, to], ...expected] of steps) {
      if (to === 'offered') offers[who] = await offerTask(emulator, sid, who);
      else await move(offers[who], to);
      expect([await status(), ...(await reservations())], `${who} ${to}`).toEqual(expected);
    }
  });

  it('can be canceled until it was assigned', async () => {
    const other = (await tasks.create()).sid;
    await offerTask(emulator, other);
    await tasks(other).update({ assignmentStatus: 'canceled', reason: 'gave up' });
    const [offered] = await tasks(other).reservations.list();
    expect(offered?.reservationStatus).toBe('canceled');

    await acceptTask(emulator, sid);
    await offerTask(emulator, sid, 'bob');
    await expect(tasks(sid).update({ assignmentStatus: 'canceled' })).rejects.toMatchObject({
      status: 400,
      code: 20001,
      message: expect.stringMatching(/^Cannot cancel task WT.* it is not pending or reserved/),
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
    await acceptTask(emulator, sid);
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

  it('lists reservations by status, by worker and in pages', async () => {
    await move(await offerTask(emulator, sid), 'rejected');
    await acceptTask(emulator, sid, 'bob');
    const made = tasks(sid).reservations;
    const [bobs] = await made.list({ reservationStatus: 'accepted' });
    expect(bobs?.workerName).toBe('bob');
    expect(await made.list({ workerSid: bobs?.workerSid ?? '' })).toHaveLength(1);
    expect(await made.list({ pageSize: 1 })).toHaveLength(2);
    const fetched = await made(bobs?.sid ?? '').fetch();
    expect(fetched.workerName).toBe('bob');
    const other = (await tasks.create()).sid;
    const elsewhere = tasks(other).reservations(await offerTask(emulator, other, 'bob'));
    expect((await elsewhere.fetch()).workerSid).toBe(bobs?.workerSid);
  });
});
