import { describe, expect, it } from 'vitest';
import { startEmulator, twilioRequest, workspaceOf } from './client.ts';

describe('EvaluateTaskAttributes', () => {
  it('lists the Tasks whose attributes satisfy it, on top of the other filters', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    const attributes = (call_sid: string) => JSON.stringify({ call_sid });
    const wanted = await tasks.create({ attributes: attributes('CA1') });
    await tasks.create({ attributes: attributes('CA2') });
    const done = await tasks.create({ attributes: attributes('CA1') });
    await tasks(done.sid).update({ assignmentStatus: 'canceled' });
    const found = await tasks.list({
      evaluateTaskAttributes: "call_sid == 'CA1'",
      assignmentStatus: ['pending', 'reserved', 'assigned', 'wrapping'],
    });
    expect(found.map(({ sid }) => sid)).toEqual([wanted.sid]);
  });

  it('is a 400 when it is malformed', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    await expect(
      tasks.list({ evaluateTaskAttributes: 'customer-value == "gold"' }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('hyphens') });
  });

  it('is served three times in any second and is a 429 beyond', async () => {
    let time = 0;
    const emulator = await startEmulator({ now: () => time, settings: { retryAfterSeconds: 1 } });
    const ask = () => twilioRequest(emulator, { path: '/Tasks?EvaluateTaskAttributes=a==1' });
    const askAt = async (at: number) => {
      time = at;
      return (await ask()).status;
    };
    expect([await askAt(0), await askAt(400), await askAt(800)]).toEqual([200, 200, 200]);
    expect(await askAt(999)).toBe(429);
    expect(await askAt(1000)).toBe(200);
    expect(await askAt(1001)).toBe(429);
    expect(await askAt(1400)).toBe(200);

    const refused = await ask();
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 20429, status: 429 });
    expect((await twilioRequest(emulator, { path: '/Tasks' })).status).toBe(200);
  });
});
