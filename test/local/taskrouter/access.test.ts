import { describe, expect, it } from 'vitest';
import { account, startEmulator, twilioRequest, workspaceOf } from './client.ts';

describe('access to the emulator', () => {
  it.each([
    ['a wrong secret', account.apiKey, 'wrong'],
    ['a wrong key', 'SK0', account.apiSecret],
    ['an account without a token', account.accountSid, 'undefined'],
    ['an account with the secret of the key', account.accountSid, account.apiSecret],
  ])('is refused with %s', async (_, user, password) => {
    const emulator = await startEmulator();
    for (const path of ['', '/Tasks']) {
      const answer = await twilioRequest(emulator, { path, as: [user, password] });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 20003, status: 401 });
    }
  });

  it('is refused without credentials', async () => {
    const { url } = await startEmulator();
    const answer = await fetch(`${url}/v1/Workspaces/${account.workspaceSid}/Tasks`);
    expect(answer.status).toBe(401);
  });

  it('is granted to the account with its token, if there is one', async () => {
    const emulator = await startEmulator({ authToken: 'token' });
    const as: [string, string] = [account.accountSid, 'token'];
    expect((await twilioRequest(emulator, { path: '/Tasks', as })).status).toBe(200);
  });

  it('is limited to one Workspace', async () => {
    const workspaceSid = `WS${'0'.repeat(32)}`;
    const emulator = await startEmulator();
    for (const path of ['', '/Tasks']) {
      const answer = await twilioRequest(emulator, { path, workspaceSid });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 20404 });
    }
  });

  it('is answered as Twilio does, with the id of the request', async () => {
    const answer = await twilioRequest(await startEmulator(), { path: '/Tasks' });
    expect(answer.headers.get('Content-Type')).toBe('application/json');
    expect(answer.headers.get('Twilio-Request-Id')).toMatch(/^RQ[0-9a-f]{32}$/);
  });

  it.each([
    { path: '/Workers' },
    { path: '/Tasks', method: 'HEAD' },
    { path: '/Tasks', method: 'PUT', form: {} },
  ])('is a 404 for $method $path', async (request) => {
    const answer = await twilioRequest(await startEmulator(), request);
    expect(answer.status).toBe(404);
    if (request.method !== 'HEAD') expect(await answer.json()).toMatchObject({ code: 20404 });
  });
});

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
