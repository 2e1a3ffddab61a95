import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkClock } from '../../../ops/doctor/clock.ts';
import { taskRouterOperations } from '../../../ops/doctor/task-router/probe.ts';
import { checkTaskRouter } from '../../../ops/doctor/task-router/task-router.ts';
import { createHttpClient } from '../../../shared/taskrouter/http.ts';
import {
  type ReceivedRequest,
  type ScriptedResponse,
  startServer,
} from '../../taskrouter/scripted-server.ts';
import { account, startEmulatorHarness } from '../command-line.ts';

const { workspaceSid } = account;
const tasks = `/v1/Workspaces/${workspaceSid}/Tasks`;
const applyIt = 'run pulumi up --stack prod';

type Operation = 'list' | 'search' | 'read' | 'reservations' | 'update';
const operationOf = ({ method, path, query }: ReceivedRequest): Operation => {
  if (method === 'POST') return 'update';
  if (path === tasks) return query.has('EvaluateTaskAttributes') ? 'search' : 'list';
  return path.endsWith('/Reservations') ? 'reservations' : 'read';
};

const noTask: ScriptedResponse = { status: 404, body: { code: 20404, status: 404 } };
const healthy: Readonly<Record<Operation, ScriptedResponse>> = {
  list: { body: { tasks: [], meta: {} } },
  search: { body: { tasks: [], meta: {} } },
  read: noTask,
  reservations: noTask,
  update: noTask,
};

const look = async (taskRouterUrl: string) => {
  const told = await checkTaskRouter(
    { credentials: account, observations: [] },
    { workspaceSid, taskRouterUrl, applyHint: applyIt },
  );
  expect(JSON.stringify(told)).not.toContain(account.apiSecret);
  return told;
};

/** What is told of a TaskRouter that answers as it does in health, save for what is given. */
const lookAt = async (answers: Partial<Record<Operation, ScriptedResponse>>) => {
  const { url, seen } = await startServer(
    (request) => ({ ...healthy, ...answers })[operationOf(request)],
  );
  const told = await look(url);
  return { told: Object.fromEntries(told.map((one) => [one.about, one])), abouts: told, seen };
};
const everywhere = (answer: ScriptedResponse): Record<Operation, ScriptedResponse> => ({
  list: answer,
  search: answer,
  read: answer,
  reservations: answer,
  update: answer,
});

describe('what the sync does at TaskRouter', () => {
  it('is tried out, all of it, with the requests that the sync makes', async () => {
    const { abouts, seen } = await lookAt({});
    expect(abouts.map(({ about, state }) => [about, state])).toEqual([
      ['Workspace', 'ok'],
      ['list Tasks', 'ok'],
      ['search Tasks', 'ok'],
      ['read a Task', 'ok'],
      ['list reservations', 'ok'],
      ['update a Task', 'ok'],
    ]);
    expect(seen.map(operationOf).toSorted()).toEqual(Object.keys(healthy).toSorted());
    const search = seen.find((one) => operationOf(one) === 'search');
    expect(search?.query.get('EvaluateTaskAttributes')).toMatch(/ IN \[.* OR .* CONTAINS /);
  });

  it('changes nothing: an update with nothing in it, of no version of no Task', async () => {
    const { seen } = await lookAt({});
    const writes = seen.filter(({ method }) => method !== 'GET');
    expect(writes).toHaveLength(1);
    expect(writes[0]?.path).toMatch(/\/Tasks\/WT[0-9a-f]{32}$/);
    expect(writes[0]?.headers['if-match']).toBe('"999999999"');
    expect([...(writes[0]?.form ?? [])]).toEqual([]);
  });

  it('would change nothing if, against all odds, the Task were there', async () => {
    const { emulator, twilio } = await startEmulatorHarness();
    const made = await twilio(`Workspaces/${workspaceSid}/Tasks`, { Attributes: '{"a":1}' });
    const { sid } = z.object({ sid: z.string() }).parse(made);
    const send = createHttpClient({
      url: emulator.url,
      username: account.apiKey,
      password: account.apiSecret,
      connectTimeoutMs: 5000,
      totalTimeoutMs: 5000,
    });
    for (const { request } of taskRouterOperations) await send(request(workspaceSid, sid));
    expect(await twilio(`Workspaces/${workspaceSid}/Tasks/${sid}`)).toEqual({
      ...z.looseObject({}).parse(made),
      age: expect.any(Number),
    });
  });

  it.each([
    ['update', 'update a Task', 'workspaces.tasks/update'],
    ['read', 'read a Task', 'workspaces.tasks/read'],
    ['reservations', 'list reservations', 'workspaces.tasks.reservations/list'],
    ['search', 'search Tasks', 'workspaces.tasks/list'],
  ] as const)('and is not allowed is told by itself: %s', async (operation, about, permission) => {
    for (const status of [401, 403]) {
      const { abouts } = await lookAt({ [operation]: { status, body: { code: 70051 } } });
      const notOk = abouts.filter(({ state }) => state !== 'ok');
      expect(notOk).toMatchObject([
        {
          about,
          state: 'bad',
          finding: expect.stringContaining(
            `${status}, https://www.twilio.com/docs/api/errors/70051`,
          ),
          next: expect.stringContaining(permission),
        },
      ]);
    }
  });

  it('is not known by a 404 where Tasks may not be listed', async () => {
    const { told } = await lookAt({ list: { status: 403 }, search: { status: 403 } });
    expect(told['Workspace']).toBeUndefined();
    expect(told['list Tasks']).toMatchObject({ state: 'bad' });
    expect(told['update a Task']).toMatchObject({ state: 'unknown' });
  });

  it('comes to nothing with a key that Twilio does not know: told once', async () => {
    const { abouts } = await lookAt(everywhere({ status: 401, body: { code: 20003 } }));
    expect(abouts).toMatchObject([{ about: 'login', state: 'bad' }]);
  });

  it('comes to nothing with a key that has no permission at all', async () => {
    const { abouts } = await lookAt(everywhere({ status: 401, body: { code: 70051 } }));
    expect(abouts.map(({ state }) => state)).toEqual(Array(5).fill('bad'));
  });

  it('finds no Task in a Workspace that is not there: told once', async () => {
    const { abouts } = await lookAt(everywhere(noTask));
    expect(abouts).toMatchObject([
      { about: 'Workspace', state: 'bad', finding: expect.stringContaining('finds no Task there') },
    ]);
  });

  it('is of the account that is configured', async () => {
    const listed = (sid: string) => ({
      body: { tasks: [{ account_sid: sid, attributes: 'PHI' }] },
    });
    const { told, abouts } = await lookAt({ list: listed(`AC${'9'.repeat(32)}`) });
    expect(told['account']).toMatchObject({ state: 'bad' });
    expect(JSON.stringify(abouts)).not.toContain('PHI');
    expect((await lookAt({ list: listed(account.accountSid) })).told['account']).toBeUndefined();
  });

  it.each([429, 500, 503])('is not known where Twilio answers %i', async (status) => {
    const { told } = await lookAt({ search: { status } });
    expect(told['search Tasks']).toMatchObject({ state: 'unknown' });
    expect(told['list Tasks']).toMatchObject({ state: 'ok' });
  });

  it.each([
    ['a page', { body: '<html>Welcome</html>' }],
    ['other JSON', { body: { hello: 'world' } }],
    ['a redirect', { status: 302, headers: { location: '/login' } }],
  ])('is bad where what answers is not TaskRouter but %s', async (_what, answer) => {
    const { told } = await lookAt(everywhere(answer));
    expect(told['list Tasks']).toMatchObject({
      state: 'bad',
      next: expect.stringContaining('twilio.taskRouterUrl'),
    });
  });

  it('is bad where TaskRouter does not take the expression', async () => {
    const { told } = await lookAt({ search: { status: 400 } });
    expect(told['search Tasks']).toMatchObject({ state: 'bad' });
  });

  it('is bad in an outage: told once', async () => {
    const { abouts } = await lookAt(everywhere({ status: 503, body: { code: 20503 } }));
    expect(abouts).toMatchObject([
      { about: 'TaskRouter', state: 'bad', finding: expect.stringContaining('503') },
    ]);
  });

  it('is not known where nobody answers: told once', async () => {
    expect(await look('http://127.0.0.1:9')).toMatchObject([
      { about: 'TaskRouter', state: 'unknown', finding: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('is told all but for what did not answer', async () => {
    const { url } = await startServer((request, response) => {
      if (operationOf(request) === 'update') response.destroy();
      return operationOf(request) === 'update' ? undefined : healthy[operationOf(request)];
    });
    const notOk = (await look(url)).filter(({ state }) => state !== 'ok');
    expect(notOk).toMatchObject([{ about: 'update a Task', state: 'unknown' }]);
  });
});

describe('the clock', () => {
  const at = async (aheadMs: number) => {
    const { url } = await startServer(() => ({
      status: 401,
      headers: { date: new Date(Date.now() - aheadMs).toUTCString() },
    }));
    return checkClock({ Twilio: url });
  };
  const minute = 60_000;

  it.each([
    [0, 'ok', "as this machine's"],
    [25_000, 'ok', "as this machine's"],
    [-25_000, 'ok', "as this machine's"],
    [45_000, 'warning', 'ahead of'],
    [-45_000, 'warning', 'behind'],
    [10 * minute, 'bad', 'ahead of it: AWS refuses'],
    [-10 * minute, 'bad', 'behind it: AWS refuses'],
  ])('that is %i ms ahead is %s', async (aheadMs, state, finding) => {
    expect(await at(aheadMs)).toMatchObject([
      { about: 'clock of Twilio', state, finding: expect.stringContaining(finding) },
    ]);
  });

  it('is not known where nobody answers, or answers without a date', async () => {
    const { url } = await startServer((_seen, response) => {
      response.sendDate = false;
      return { status: 200 };
    });
    const told = await checkClock({ Twilio: 'http://127.0.0.1:9', AWS: url });
    expect(told.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  });

  it('is compared without logging in', async () => {
    const { url, seen } = await startServer(() => ({ status: 401 }));
    await checkClock({ Twilio: url });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });
});
