import { describe, expect, it } from 'vitest';
import { account, startEmulator, twilioRequest, workspaceOf } from './client.ts';

describe('the Workspace', () => {
  it('is fetched and updated by the twilio SDK', async () => {
    const workspace = workspaceOf(await startEmulator());
    expect(await workspace.fetch()).toMatchObject({
      sid: account.workspaceSid,
      accountSid: account.accountSid,
      friendlyName: 'Flex Task Assignment',
      eventCallbackUrl: '',
      eventsFilter: null,
      multiTaskEnabled: true,
      prioritizeQueueOrder: 'FIFO',
    });
    const eventCallbackUrl = 'https://example.com/twilio/task-events?a=b';
    const eventsFilter = 'task.created, task.updated';
    await workspace.update({ eventCallbackUrl, eventsFilter, friendlyName: 'Support' });
    await workspace.update({ multiTaskEnabled: false, prioritizeQueueOrder: 'LIFO' });
    expect(await workspace.fetch()).toMatchObject({
      eventCallbackUrl,
      eventsFilter,
      friendlyName: 'Support',
      multiTaskEnabled: false,
      prioritizeQueueOrder: 'LIFO',
    });
  });

  it.each([
    { EventCallbackUrl: 'example.com' },
    { EventCallbackUrl: 'ftp://example.com' },
    { EventCallbackUrl: 'https://user:password@example.com' },
    { MultiTaskEnabled: 'maybe' },
    { PrioritizeQueueOrder: 'RANDOM' },
    { TimeoutActivitySid: 'WA1' },
  ])('refuses %j and changes nothing', async (form) => {
    const emulator = await startEmulator();
    const before = await (await twilioRequest(emulator, { path: '' })).json();
    const answer = await twilioRequest(emulator, {
      path: '',
      form: { FriendlyName: 'lost', ...form },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 20001,
      message: expect.stringContaining(Object.keys(form)[0] ?? ''),
    });
    expect(await (await twilioRequest(emulator, { path: '' })).json()).toEqual(before);
  });
});
