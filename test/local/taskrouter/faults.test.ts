import { describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import {
  defaultSettings,
  type Fault,
  faultKinds,
  type Settings,
} from '../../../local/taskrouter/settings.ts';
import {
  adminRequest,
  jsonOf,
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

describe('an outage', () => {
  it('answers every call 503 and leaves the controls alone', async () => {
    const emulator = await startEmulator();
    const path = await create(emulator);
    await set(emulator, { outage: true });
    expect((await twilioRequest(emulator, { path })).status).toBe(503);
    expect((await twilioRequest(emulator, { path, form })).status).toBe(503);
    expect((await set(emulator, { outage: false })).status).toBe(200);
    expect((await twilioRequest(emulator, { path })).headers.get('ETag')).toBe('"0"');
  });
});

describe('latency', () => {
  it('is added to every call, and not to the controls', async () => {
    const emulator = await startEmulator({ settings: { latencyMs: 300 } });
    const before = performance.now();
    await twilioRequest(emulator, { path: '/Tasks' });
    expect(performance.now() - before).toBeGreaterThanOrEqual(295);
    await set(emulator, { latencyMs: 3_600_000 });
    expect((await adminRequest(emulator, 'GET', '/settings')).status).toBe(200);
  });
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
