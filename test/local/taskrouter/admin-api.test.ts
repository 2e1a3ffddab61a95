import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../local/taskrouter/settings.ts';
import { emptyStats } from '../../../local/taskrouter/stats.ts';
import {
  adminRequest,
  jsonOf,
  offerTask,
  startEmulator,
  statsOf,
  twilioRequest,
  workspaceOf,
} from './client.ts';

describe('the stats', () => {
  it('count every call by what it asked for, failed ones too, and no control', async () => {
    const emulator = await startEmulator();
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    const reservation = await offerTask(emulator, sid);
    await tasks(sid).fetch();
    await tasks(sid).update({ priority: 1 });
    const stale = { path: `/Tasks/${sid}`, form: { Priority: '2' }, ifMatch: '"0"' };
    await twilioRequest(emulator, stale);
    await tasks.list();
    await tasks.list({ evaluateTaskAttributes: 'a == 1' });
    await twilioRequest(emulator, { path: '/Tasks', as: ['nobody', 'nothing'] });
    await tasks(sid).reservations.list();
    await tasks(sid).reservations(reservation).fetch();
    await tasks(sid).reservations(reservation).update({ reservationStatus: 'accepted' });
    const other = await tasks.create();
    await tasks(other.sid).remove();
    await twilioRequest(emulator, { path: '/Workers' });

    expect(await statsOf(emulator)).toEqual({
      calls: {
        fetchTask: 1,
        updateTask: 2,
        listReservations: 1,
        listTasks: 2,
        evaluate: 1,
        createTask: 2,
        fetchReservation: 1,
        updateReservation: 1,
        deleteTask: 1,
      },
      conflicts: 1,
      faultsInjected: 0,
      events: {
        'task.created': 2,
        'task.deleted': 1,
        'reservation.created': 1,
        'reservation.accepted': 1,
      },
      deliveries: { ok: 0, failed: 0 },
      tasks: 1,
    });
  });
});

describe('a reset', () => {
  it('clears Tasks and stats and brings back the settings of the start', async () => {
    const emulator = await startEmulator({ settings: { deleteAfterMs: 9 } });
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    await adminRequest(emulator, 'PUT', '/settings', { outage: true, deleteAfterMs: 1 });
    expect((await adminRequest(emulator, 'POST', '/reset')).status).toBe(204);

    expect(await statsOf(emulator)).toEqual({ ...emptyStats(), tasks: 0 });
    const settings = { ...defaultSettings, deleteAfterMs: 9 };
    expect(await jsonOf(adminRequest(emulator, 'GET', '/settings'))).toEqual(settings);
    await expect(tasks(sid).fetch()).rejects.toMatchObject({ status: 404 });
  });
});

describe('an offer', () => {
  it('answers with the reservation as Twilio prints it', async () => {
    const emulator = await startEmulator();
    const { sid } = await workspaceOf(emulator).tasks.create();
    const path = `/Tasks/${sid}/Reservations`;
    const answer = await adminRequest(emulator, 'POST', path, { workerName: 'ada' });
    expect(answer.status).toBe(201);
    const printed = (await answer.json()) as { sid: string };
    const fetched = twilioRequest(emulator, { path: `${path}/${printed.sid}` });
    expect(printed).toEqual(await jsonOf(fetched));
  });

  it('of an unknown Task is a 404', async () => {
    const emulator = await startEmulator();
    const path = `/Tasks/WT${'0'.repeat(32)}/Reservations`;
    expect((await adminRequest(emulator, 'POST', path, { workerName: 'ada' })).status).toBe(404);
  });
});

it.each([
  ['Reservations', {}, /workerName: must be the name of a worker/],
  ['Reservations', { workerName: '' }, /workerName: must not be empty/],
  ['Reservations', { workerName: 'ada', worker: 1 }, /nothing else/],
  ['Transfers', { workerName: 'ada' }, /^Cannot transfer task WT\w+ because it is pending$/],
  ['Transfers', { workerName: 'ada', mode: 'cold' }, /^mode: must be COLD or WARM$/],
])('POST %s of %j is refused with the reason', async (list, body, message) => {
  const emulator = await startEmulator();
  const { sid } = await workspaceOf(emulator).tasks.create();
  const answer = await adminRequest(emulator, 'POST', `/Tasks/${sid}/${list}`, body);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ error: expect.stringMatching(message) });
});
