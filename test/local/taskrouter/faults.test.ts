import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import { leaveUnanswered } from '../../../local/taskrouter/http/middleware.ts';
import {
  defaultSettings,
  type Fault,
  faultKinds,
  type Settings,
} from '../../../local/taskrouter/settings.ts';
import { emptyStats } from '../../../local/taskrouter/state.ts';
import { serve } from '../serve.ts';
import {
  adminRequest,
  jsonOf,
  offerTask,
  startEmulator,
  statsOf,
  twilioRequest,
  workspaceOf,
} from './client.ts';

const set = (emulator: TaskRouterEmulator, settings: Partial<Settings>) =>
  adminRequest(emulator, 'PUT', '/settings', settings);
const always = (fault: Fault): Partial<Settings> => ({ faultRate: 1, faults: [fault] });
const create = async (emulator: TaskRouterEmulator) =>
  `/Tasks/${(await workspaceOf(emulator).tasks.create()).sid}`;
const form = { Attributes: '{"a":1}' };

describe('a fault', () => {
  it.each([
    ['429', 20429],
    ['500', 20500],
    ['503', 20503],
  ] as const)('%s is answered in the place of the call', async (fault, code) => {
    const emulator = await startEmulator();
    const path = await create(emulator);
    await set(emulator, always(fault));
    const answer = await twilioRequest(emulator, { path, form });
    expect(answer.status).toBe(Number(fault));
    expect(answer.headers.get('Retry-After')).toBeNull();
    expect(await answer.json()).toMatchObject({ code, status: Number(fault) });

    await set(emulator, { faultRate: 0 });
    expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe('"0"');
    expect(await statsOf(emulator)).toMatchObject({ faultsInjected: 1, calls: { updateTask: 1 } });
  });

  it('429 has Retry-After if so configured', async () => {
    const emulator = await startEmulator({ settings: { ...always('429'), retryAfterSeconds: 7 } });
    const { headers } = await twilioRequest(emulator, { path: '/Tasks' });
    expect(headers.get('Retry-After')).toBe('7');
  });

  it.each([
    ['timeout-before', '"0"'],
    ['timeout-after', '"1"'],
  ] as const)('%s leaves the client without an answer and the Task at %s', async (fault, etag) => {
    const emulator = await startEmulator();
    const path = await create(emulator);
    await set(emulator, always(fault));
    const update = twilioRequest(emulator, { path, form, timeoutMs: 300 });
    await expect(update).rejects.toThrow('timeout');
    await set(emulator, { faultRate: 0 });
    expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe(etag);
  });

  it('does not keep the emulator from closing', async () => {
    const emulator = await startEmulator({ settings: always('timeout-before') });
    const hanging = twilioRequest(emulator, { path: '/Tasks' }).catch(() => 'dropped');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await emulator.close();
    expect(await hanging).toBe('dropped');
  });

  const course = async (emulator: TaskRouterEmulator, calls: number) => {
    const answers: number[] = [];
    for (let count = 0; count < calls; count += 1) {
      answers.push((await twilioRequest(emulator, { path: '/Tasks' })).status);
    }
    return answers;
  };

  it('comes at the same calls for the same seed, and at others for another', async () => {
    const settings: Partial<Settings> = { faultRate: 0.5, faults: ['429', '500', '503'], seed: 7 };
    const [emulator, same, other] = await Promise.all([
      startEmulator({ settings }),
      startEmulator({ settings }),
      startEmulator({ settings: { ...settings, seed: 8 } }),
    ]);
    const answers = await course(emulator, 30);
    expect(await course(same, 30)).toEqual(answers);
    expect(await course(other, 30)).not.toEqual(answers);
    expect(new Set(answers)).toEqual(new Set([200, 429, 500, 503]));

    await set(emulator, { seed: 7 });
    expect(await course(emulator, 30)).toEqual(answers);
  });

  it('comes as often as its rate says', async () => {
    const emulator = await startEmulator({ settings: { faultRate: 0.2, faults: ['500'] } });
    const spoilt = (await course(emulator, 200)).filter((status) => status === 500).length;
    expect(spoilt).toBeGreaterThan(20);
    expect(spoilt).toBeLessThan(60);
  });
});

it('an outage answers every call 503 and leaves the controls alone', async () => {
  const emulator = await startEmulator();
  const path = await create(emulator);
  await set(emulator, { outage: true });
  expect((await twilioRequest(emulator, { path })).status).toBe(503);
  expect((await twilioRequest(emulator, { path, form })).status).toBe(503);
  expect((await set(emulator, { outage: false })).status).toBe(200);
  expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe('"0"');
});

it('latency is added to every call, and not to the controls', async () => {
  const emulator = await startEmulator({ settings: { latencyMs: 300 } });
  const before = performance.now();
  await twilioRequest(emulator, { path: '/Tasks' });
  expect(performance.now() - before).toBeGreaterThanOrEqual(295);
  await set(emulator, { latencyMs: 3_600_000 });
  expect((await adminRequest(emulator, 'GET', '/settings')).status).toBe(200);
});

describe('the settings', () => {
  it('are those of the start, else the defaults, and a change says what is now in force', async () => {
    const emulator = await startEmulator({ settings: { deleteAfterMs: 5 } });
    const initial = { ...defaultSettings, deleteAfterMs: 5 };
    expect(await jsonOf(adminRequest(emulator, 'GET', '/settings'))).toEqual(initial);
    const changed = await set(emulator, { faultRate: 0.25, retryAfterSeconds: 2 });
    expect(await changed.json()).toEqual({ ...initial, faultRate: 0.25, retryAfterSeconds: 2 });
    expect(await (await set(emulator, { retryAfterSeconds: null })).json()).toMatchObject({
      retryAfterSeconds: null,
      faultRate: 0.25,
    });
  });

  it.each([
    [{ faultRte: 1 }, /faultRte: not a setting; use latencyMs, outage/],
    [{ faultRate: 2 }, /faultRate: .*1/],
    [{ faultRate: '1' }, /faultRate: must be a number from 0 to 1/],
    [{ latencyMs: -1 }, /latencyMs: .*0/],
    [{ outage: 'yes' }, /outage: must be true or false/],
    [{ faults: [] }, /faults: must name at least one/],
    [{ faults: ['404'] }, new RegExp(`faults.0: must be one of ${faultKinds.join(', ')}`)],
    [{ contains: 'some' }, /contains: must be one of parts, equal, rejected/],
    [{ seed: 1.5 }, /seed: must be a whole number/],
    [[], /must be a JSON object/],
    ['{', /not JSON/],
  ])('refuse %j and say why', async (body, message) => {
    const emulator = await startEmulator();
    const answer = await adminRequest(emulator, 'PUT', '/settings', body);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: string };
    expect(error).toMatch(message);
    expect(await jsonOf(adminRequest(emulator, 'GET', '/settings'))).toEqual(defaultSettings);
  });
});

it('the stats count every call by what it asked for, failed ones too, and no control', async () => {
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

it('a reset clears Tasks and stats and brings back the settings of the start', async () => {
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

it('a request left hanging is dropped after a while though its client waits on', async () => {
  const url = await serve(createServer((request) => leaveUnanswered(request, 50)));
  const before = performance.now();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  expect(performance.now() - before).toBeGreaterThanOrEqual(45);
});
