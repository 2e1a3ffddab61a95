import { describe, expect, it } from 'vitest';
import { checkClock } from '../../../ops/doctor/clock.ts';
import { checkTaskRouter } from '../../../ops/doctor/task-router/task-router.ts';
import {
  type ReceivedRequest,
  type ScriptedResponse,
  startServer,
} from '../../taskrouter/scripted-server.ts';
import { account } from '../command-line.ts';
import { finds } from './doctor-harness.ts';

const { workspaceSid } = account;
const tasks = `/v1/Workspaces/${workspaceSid}/Tasks`;
const applyIt = 'run npm run up -- --stack prod';

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

const check = async (taskRouterUrl: string) => {
  const found = await checkTaskRouter(
    { credentials: account, observations: [] },
    { workspaceSid, taskRouterUrl, applyHint: applyIt },
  );
  expect(JSON.stringify(found)).not.toContain(account.apiSecret);
  return found;
};

/** The findings about a TaskRouter that is healthy but for the given responses. */
const checkWith = async (answers: Partial<Record<Operation, ScriptedResponse>>) => {
  const { url, seen } = await startServer(
    (request) => ({ ...healthy, ...answers })[operationOf(request)],
  );
  const list = await check(url);
  return { list, found: Object.fromEntries(list.map((one) => [one.about, one])), seen };
};
const everywhere = (answer: ScriptedResponse): Partial<Record<Operation, ScriptedResponse>> =>
  Object.fromEntries(Object.keys(healthy).map((operation) => [operation, answer]));

describe('the operations of sync at TaskRouter', () => {
  it('are all tried, with the requests of sync', async () => {
    const { list, seen } = await checkWith({});
    expect(list.map(({ about, state }) => `${about}: ${state}`)).toEqual([
      ...['Workspace: ok', 'list Tasks: ok', 'search Tasks: ok', 'read a Task: ok'],
      ...['list reservations: ok', 'update a Task: ok'],
    ]);
    expect(seen.map(operationOf).toSorted()).toEqual(Object.keys(healthy).toSorted());
    const search = seen.find((one) => operationOf(one) === 'search');
    expect(search?.query.get('EvaluateTaskAttributes')).toMatch(/ IN \[.* OR .* CONTAINS /);
  });

  it('are tried without a change: an empty update of a Task and an ETag that do not exist', async () => {
    const { seen } = await checkWith({});
    const writes = seen.filter(({ method }) => method !== 'GET');
    expect(writes).toHaveLength(1);
    expect(writes[0]?.path).toMatch(/\/Tasks\/WT[0-9a-f]{32}$/);
    expect(writes[0]?.headers['if-match']).toBe('"999999999"');
    expect([...(writes[0]?.form ?? [])]).toEqual([]);
  });

  it.each([
    ['update', 'update a Task', 'workspaces.tasks/update'],
    ['read', 'read a Task', 'workspaces.tasks/read'],
    ['reservations', 'list reservations', 'workspaces.tasks.reservations/list'],
    ['search', 'search Tasks', 'workspaces.tasks/list'],
  ] as const)(
    'give one finding if one is not allowed: %s',
    async (operation, about, permission) => {
      for (const status of [401, 403]) {
        const { list } = await checkWith({ [operation]: { status, body: { code: 70051 } } });
        const notOk = list.filter(({ state }) => state !== 'ok');
        expect(notOk).toMatchObject([
          {
            about,
            ...finds(
              'failed',
              `${status}, https://www.twilio.com/docs/api/errors/70051`,
              permission,
            ),
          },
        ]);
      }
    },
  );

  it('are unknown after a 404 if Tasks cannot be listed', async () => {
    const { found } = await checkWith({ list: { status: 403 }, search: { status: 403 } });
    expect(found['Workspace']).toBeUndefined();
    expect(found['list Tasks']).toMatchObject({ state: 'failed' });
    expect(found['update a Task']).toMatchObject({ state: 'unknown' });
  });

  it.each<[string, ScriptedResponse, string, string]>([
    ['an API key that Twilio does not know', { status: 401, body: { code: 20003 } }, 'login', ''],
    ['a Workspace that does not exist', noTask, 'Workspace', 'sync finds no Task'],
    ['an outage', { status: 503, body: { code: 20503 } }, 'TaskRouter', '503'],
  ])('give one finding for %s', async (_, answer, about, finding) => {
    const { list } = await checkWith(everywhere(answer));
    expect(list).toMatchObject([{ about, ...finds('failed', finding) }]);
  });

  it('all fail with an API key without permissions', async () => {
    const { list } = await checkWith(everywhere({ status: 401, body: { code: 70051 } }));
    expect(list.map(({ state }) => state)).toEqual(Array(5).fill('failed'));
  });

  it('fail if the Tasks belong to another account', async () => {
    const listed = (sid: string) => ({
      body: { tasks: [{ account_sid: sid, attributes: 'PHI of Ada' }] },
    });
    const { found, list } = await checkWith({ list: listed(`AC${'9'.repeat(32)}`) });
    expect(found['account']).toMatchObject({ state: 'failed' });
    expect(JSON.stringify(list)).not.toContain('PHI of Ada');
    expect(
      (await checkWith({ list: listed(account.accountSid) })).found['account'],
    ).toBeUndefined();
  });

  it.each([
    [429, 'unknown'],
    [500, 'unknown'],
    [503, 'unknown'],
    [400, 'failed'],
  ])('that Twilio answers %i is %s, and the others are not affected', async (status, state) => {
    const { found } = await checkWith({ search: { status } });
    expect(found['search Tasks']).toMatchObject({ state });
    expect(found['list Tasks']).toMatchObject({ state: 'ok' });
  });

  it.each([
    ['a page', { body: '<html>Welcome</html>' }],
    ['other JSON', { body: { hello: 'world' } }],
    ['a redirect', { status: 302, headers: { location: '/login' } }],
  ])('fail if the response is not from TaskRouter but %s', async (_what, answer) => {
    const { found } = await checkWith(everywhere(answer));
    expect(found['list Tasks']).toMatchObject(finds('failed', '', 'twilio.taskRouterUrl'));
  });

  it('tell a search that Twilio rejects from one that something else has answered', async () => {
    const findingOf = async (search: ScriptedResponse) =>
      (await checkWith({ search })).found['search Tasks'];
    expect(await findingOf({ status: 400, body: { code: 20001 } })).toMatchObject(
      finds('failed', 'Twilio rejects'),
    );
    for (const body of ['<html>', {}, { tasks: 1 }]) {
      expect(await findingOf({ body })).toMatchObject(finds('failed', 'not from TaskRouter'));
    }
  });

  it('give one finding if there is no response', async () => {
    expect(await check('http://127.0.0.1:9')).toMatchObject([
      { about: 'TaskRouter', ...finds('unknown', 'ECONNREFUSED') },
    ]);
  });

  it('are unknown only as far as there was no response', async () => {
    const { url } = await startServer((request, response) => {
      if (operationOf(request) === 'update') response.destroy();
      return operationOf(request) === 'update' ? undefined : healthy[operationOf(request)];
    });
    const notOk = (await check(url)).filter(({ state }) => state !== 'ok');
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
    [0, 'ok', "same as this machine's clock"],
    [25_000, 'ok', "same as this machine's clock"],
    [-25_000, 'ok', "same as this machine's clock"],
    [45_000, 'warning', 'ahead'],
    [-45_000, 'warning', 'behind'],
    [10 * minute, 'failed', 'ahead: AWS rejects its signatures'],
    [-10 * minute, 'failed', 'behind: AWS rejects its signatures'],
  ])('that is %i ms ahead is %s', async (aheadMs, state, finding) => {
    expect(await at(aheadMs)).toMatchObject([
      { about: 'clock of Twilio', ...finds(state, finding) },
    ]);
  });

  it('is unknown without a response, or without a Date header', async () => {
    const { url } = await startServer((_seen, response) => {
      response.sendDate = false;
      return { status: 200 };
    });
    const found = await checkClock({ Twilio: 'http://127.0.0.1:9', AWS: url });
    expect(found.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  });

  it('is compared without credentials', async () => {
    const { url, seen } = await startServer(() => ({ status: 401 }));
    await checkClock({ Twilio: url });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });
});
