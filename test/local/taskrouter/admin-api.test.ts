import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../local/taskrouter/settings.ts';
import { emptyStats } from '../../../local/taskrouter/stats.ts';
import { adminRequest, offerTask, startEmulator, twilioRequest, workspaceOf } from './client.ts';

describe('the stats', () => {
  it('count every call by what it asked for, failed ones too, and no control', async () => {
    const emulator = await startEmulator();
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    const reservation = await offerTask(emulator, sid);
    await tasks(sid).fetch();
    await tasks(sid).update({ priority: 1 });
    await twilioRequest(emulator, {
      path: `/Tasks/${sid}`,
      form: { Priority: '2' },
      ifMatch: '"0"',
    });
    await tasks.list();
    await tasks.list({ evaluateTaskAttributes: 'a == 1' });
    await twilioRequest(emulator, { path: '/Tasks', as: ['nobody', 'nothing'] });
    await tasks(sid).reservations.list();
    await tasks(sid).reservations(reservation).fetch();
    await tasks(sid).reservations(reservation).update({ reservationStatus: 'accepted' });
    const other = await tasks.create();
    await tasks(other.sid).remove();
    await twilioRequest(emulator, { path: '/Workers' });

    expect(await (await adminRequest(emulator, 'GET', '/stats')).json()).toEqual({
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

    expect(await (await adminRequest(emulator, 'GET', '/stats')).json()).toEqual({
      ...emptyStats(),
      tasks: 0,
    });
    expect(await (await adminRequest(emulator, 'GET', '/settings')).json()).toEqual({
      ...defaultSettings,
      deleteAfterMs: 9,
    });
    await expect(tasks(sid).fetch()).rejects.toMatchObject({ status: 404 });
  });
});

describe('a transfer', () => {
  it('offers the Task to another worker, for the one who has it', async () => {
    const emulator = await startEmulator();
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    const first = await offerTask(emulator, sid);
    await tasks(sid).reservations(first).update({ reservationStatus: 'accepted' });
    const path = `/Tasks/${sid}/Transfers`;
    const answer = await adminRequest(emulator, 'POST', path, {
      workerName: 'grace',
      mode: 'COLD',
    });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      worker_name: 'grace',
      reservation_status: 'pending',
    });
    expect((await tasks(sid).reservations(first).fetch()).reservationStatus).toBe('wrapping');
  });

  it('of a Task that nobody has is refused with the reason', async () => {
    const emulator = await startEmulator();
    const { sid } = await workspaceOf(emulator).tasks.create();
    const path = `/Tasks/${sid}/Transfers`;
    const answer = await adminRequest(emulator, 'POST', path, { workerName: 'grace' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: `Cannot transfer task ${sid} because it is pending`,
    });
  });

  it('in a mode that Twilio does not know is refused with those that it knows', async () => {
    const emulator = await startEmulator();
    const { sid } = await workspaceOf(emulator).tasks.create();
    const path = `/Tasks/${sid}/Transfers`;
    const answer = await adminRequest(emulator, 'POST', path, {
      workerName: 'grace',
      mode: 'cold',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: 'mode: must be COLD or WARM' });
  });
});

describe('an offer', () => {
  it('answers with the reservation as Twilio prints it', async () => {
    const emulator = await startEmulator();
    const { tasks } = workspaceOf(emulator);
    const { sid } = await tasks.create();
    const path = `/Tasks/${sid}/Reservations`;
    const answer = await adminRequest(emulator, 'POST', path, { workerName: 'ada' });
    expect(answer.status).toBe(201);
    const printed = (await answer.json()) as { sid: string };
    const fetched = await twilioRequest(emulator, { path: `${path}/${printed.sid}` });
    expect(printed).toEqual(await fetched.json());
  });

  it.each([
    [{}, /workerName: must be the name of a worker/],
    [{ workerName: '' }, /workerName: must not be empty/],
    [{ workerName: 'ada', worker: 1 }, /nothing else/],
  ])('of %j is refused with the reason', async (body, message) => {
    const emulator = await startEmulator();
    const { sid } = await workspaceOf(emulator).tasks.create();
    const answer = await adminRequest(emulator, 'POST', `/Tasks/${sid}/Reservations`, body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toMatch(message);
  });

  it('of an unknown Task is a 404', async () => {
    const emulator = await startEmulator();
    const path = `/Tasks/WT${'0'.repeat(32)}/Reservations`;
    expect((await adminRequest(emulator, 'POST', path, { workerName: 'ada' })).status).toBe(404);
  });
});
