import { describe, expect, it } from 'vitest';
import { emptyLedger, ledgerAttribute, printLedger } from '../../shared/media/ledger.ts';
import type { Correlation } from '../../shared/messages/ticket-change.ts';
import type { TaskSearch } from '../../shared/taskrouter/criteria.ts';
import { BadRequest, Transient } from '../../shared/taskrouter/errors.ts';
import { findTasks } from '../../shared/taskrouter/find-tasks.ts';
import type { CallCounter, TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { account, startEmulator, statsOf, workspaceOf } from '../local/taskrouter/client.ts';
import {
  createClient,
  page,
  rejectionOf,
  scripted,
  task,
  taskSid,
  workspaceSid,
} from './scripted-server.ts';

const callSid = `CA${'a'.repeat(32)}`;
const conversationSid = `CH${'b'.repeat(32)}`;

/** A ledger of ours with these tickets. */
const entry = {
  ...{ version: 7n, urlHash: undefined, placement: { version: 7n, placed: false } },
  ...{ naming: undefined, alias: undefined, titleUnits: 0 },
};
const ledger = (...tickets: string[]) =>
  printLedger({
    ...emptyLedger,
    fingerprint: 'AAAA',
    tickets: new Map(tickets.map((ticket) => [ticket, entry])),
  });

const byValue = (name: string, value: string): Correlation => ({ attribute: { name, value } });
const byTicketId = byValue('zd_ticket_id', '1');
const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/1' } as const;
const change = (correlation: Correlation, ticket = 'zendesk/1'): TaskSearch => ({
  correlation,
  ticket,
  link,
});
/** A ticket that is deleted. */
const removal = (ticket: string, correlation: Correlation = {}): TaskSearch => ({
  correlation,
  ticket,
  link: null,
  exclusive: true,
});
/** A ticket that has left a conversation. */
const leaving = (correlation: Correlation, ticket = 'zendesk/1'): TaskSearch => ({
  correlation,
  ticket,
  link: null,
});

/** The SIDs of the Tasks found for each change. */
const sidsFound = async (
  taskRouter: TaskRouter,
  wanted: readonly TaskSearch[],
  counter?: CallCounter,
) =>
  (await findTasks(taskRouter, wanted, counter)).map((found) =>
    found.map(({ taskSid }) => taskSid),
  );

/** A TaskRouter that responds to every search with all Tasks. */
const stack = async (tasks: Readonly<Record<string, unknown>>) => {
  const all = Object.entries(tasks).map(([sid, attributes]) => task(sid, attributes));
  const { taskRouter, seen } = await scripted(() => ({ body: page('tasks', all) }));
  return {
    taskRouter,
    seen,
    expressions: () => seen.map(({ query }) => query.get('EvaluateTaskAttributes')),
  };
};

const broken = ['', 'zd', '"1"', 'null', '[1]', '{"zd":"1"'];

describe('findTasks', () => {
  it('makes no request if the SID of the Task says it all', async () => {
    const { taskRouter, seen } = await stack({ WT1: { zd_ticket_id: '1' } });
    const found = await sidsFound(taskRouter, [
      change({ taskSid }),
      change({ taskSid, ...byTicketId }),
      leaving({ taskSid }),
      leaving({ taskSid, ...byTicketId }),
      change({}),
    ]);
    expect(found).toEqual([[taskSid], [taskSid], [taskSid], [taskSid], []]);
    expect(seen).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, [TaskSearch, string[]][]]>([
    [
      'by the SID of its call, or of the customer or the agent in its conference',
      {
        WT1: { call_sid: callSid },
        WT2: { conference: { participants: { customer: callSid, worker: 'CA0' } } },
        WT3: { conference: { participants: { worker: callSid } }, 'conference.participants': 1 },
        WT4: { conversationSid: callSid },
      },
      [[change({ callSid }), ['WT1', 'WT2', 'WT3']]],
    ],
    [
      'by its conversation or its channel',
      {
        WT1: { conversationSid },
        WT2: { channelSid: conversationSid },
        WT3: { call_sid: conversationSid },
      },
      [[change({ conversationSid }), ['WT1', 'WT2']]],
    ],
    [
      'by every SID: a call and its follow-up chat',
      { [taskSid]: {}, WT1: { call_sid: callSid }, WT2: { conversationSid } },
      [[change({ taskSid, callSid, conversationSid }), [taskSid, 'WT1', 'WT2']]],
    ],
    [
      'by the attribute only if there is no SID, or the ticket is deleted',
      { WT1: { zd_ticket_id: '1' }, WT2: { conversationSid } },
      [
        [change({ callSid, ...byTicketId }), []],
        [leaving({ conversationSid, ...byTicketId }), ['WT2']],
        [change(byTicketId), ['WT1']],
        [removal('zendesk/1', { conversationSid, ...byTicketId }), ['WT1', 'WT2']],
      ],
    ],
    [
      'by an attribute that is a text or a number, also by a dotted name',
      {
        WT1: { zd: { id: '123' } },
        WT2: { zd: { id: 123 } },
        WT3: { zd: { id: 123.5 } },
        WT4: { zd: { id: ['123'] } },
        WT5: { zd: { id: true } },
        WT6: { zd: 'id', id: '123' },
        WT7: { zd: { id: ' 123' } },
      },
      [
        [change(byValue('zd.id', '123')), ['WT1', 'WT2']],
        [change(byValue('zd.id', 'true')), []],
        [change(byValue('zd.id.length', '3')), []],
      ],
    ],
    [
      'by own properties only',
      { WT1: {}, WT2: 'text', WT3: [] },
      [
        [change(byValue('constructor.name', 'Object')), []],
        [change(byValue('length', '0')), []],
      ],
    ],
    [
      'with an exclusive removal if its ledger has exactly that ticket',
      {
        WT1: { [ledgerAttribute]: ledger('zendesk/12') },
        WT2: { [ledgerAttribute]: ledger('zendesk/1', 'zendesk/3') },
        WT3: { [ledgerAttribute]: ledger('azendesk/1', 'zendesk/2', 'zendesk/1234') },
        WT4: { [ledgerAttribute]: 'zendesk/1' },
        WT5: { [ledgerAttribute]: { tickets: ['zendesk/1'] } },
        WT6: { note: ledger('zendesk/1') },
      },
      [
        [removal('zendesk/1'), ['WT2']],
        [removal('zendesk/12'), ['WT1']],
        [removal('zendesk/9'), []],
        [change({}, 'zendesk/1'), []],
      ],
    ],
    [
      'with an exclusive removal by correlation and by ledger, once',
      {
        WT1: { call_sid: callSid, [ledgerAttribute]: ledger('zendesk/1') },
        WT2: { [ledgerAttribute]: ledger('zendesk/1') },
        WT3: { call_sid: callSid },
      },
      [
        [removal('zendesk/1', { callSid }), ['WT1', 'WT2', 'WT3']],
        [removal('zendesk/1', { taskSid: 'WT2' }), ['WT1', 'WT2']],
      ],
    ],
  ])('matches a Task %s', async (_, tasks, searches) => {
    const { taskRouter } = await stack(tasks);
    const wanted = searches.map(([search]) => search);
    expect(await sidsFound(taskRouter, wanted)).toEqual(searches.map(([, sids]) => sids));
  });

  it('says by what each Task was matched first, and what it has of the ticket', async () => {
    const replaces = 'zendesk/9';
    const { taskRouter, expressions } = await stack({
      WT1: { call_sid: callSid, [ledgerAttribute]: ledger(replaces) },
      WT2: { zd_ticket_id: 9, [ledgerAttribute]: ledger(replaces) },
      WT3: { [ledgerAttribute]: ledger(replaces, 'zendesk/1') },
      WT4: { [ledgerAttribute]: ledger('zendesk/1'), zd_ticket_id: '2' },
    });
    const attribute = { name: 'zd_ticket_id', value: '9' };
    const searches = [
      { callSid, replaces },
      { attribute, replaces },
    ].map((correlation) => ({ ...change(correlation), exclusive: true as const }));
    const found = (await findTasks(taskRouter, searches)).map((tasks) =>
      tasks.map(({ taskSid, matchedBy, ledgerEntry }) => [taskSid, matchedBy, ledgerEntry]),
    );
    const others = [
      ['WT3', 'replaces', entry],
      ['WT4', 'ledger', entry],
    ];
    expect(found).toEqual([
      [['WT1', 'sid', undefined], ['WT2', 'replaces', undefined], ...others],
      [['WT1', 'replaces', undefined], ['WT2', 'attribute', undefined], ...others],
    ]);
    expect(expressions()[0]).toContain(" OR crm_media_sync CONTAINS 'zendesk/9'");
  });

  it('matches a Task whose ledger is not readable, without an entry of the ticket', async () => {
    const text = `${ledger('zendesk/1')} what is this`;
    const { taskRouter } = await stack({ WT1: { [ledgerAttribute]: text } });
    expect(await findTasks(taskRouter, [removal('zendesk/1')])).toMatchObject([
      [{ taskSid: 'WT1', ledgerEntry: undefined }],
    ]);
  });

  it.each<[string, string[], TaskSearch, string[]]>([
    [
      'a number that a double cannot distinguish from another',
      ['{"id":90071992547409930}', '{"id":90071992547409931}'],
      change(byValue('id', '90071992547409931')),
      ['WT1'],
    ],
    ['no attributes that are not a JSON object', broken, change(byValue('zd', '1')), []],
    ['no ledger in such attributes', broken, removal('z/1'), []],
  ])('matches %s', async (_, texts, search, sids) => {
    const all = texts.map((attributes, index) => ({ sid: `WT${index}`, attributes }));
    const { taskRouter } = await scripted(() => ({ body: page('tasks', all) }));
    expect(await sidsFound(taskRouter, [search])).toEqual([sids]);
  });

  it('makes one request for a whole batch, with each value once', async () => {
    const { taskRouter, expressions } = await stack({});
    const counter = { calls: 0 };
    await sidsFound(
      taskRouter,
      [
        change(byValue('zd_ticket_id', '7')),
        change(byValue('zd_ticket_id', '7')),
        change(byValue('zd_ticket_id', 'x7')),
        change({ callSid }),
        removal('zendesk/7'),
        removal('zendesk/7'),
      ],
      counter,
    );
    expect(expressions()).toEqual([
      `zd_ticket_id IN ['7','x7'] OR zd_ticket_id IN [7] OR call_sid IN ['${callSid}']` +
        ` OR conference.participants.customer IN ['${callSid}']` +
        ` OR conference.participants.worker IN ['${callSid}']` +
        " OR crm_media_sync CONTAINS 'zendesk/7'",
    ]);
    expect(counter.calls).toBe(1);
  });

  it.each([
    ['a part of a value', change(byValue('zd', '-"-'))],
    ['a part of a number', change(byValue('zd', '-7'))],
    ['letters beyond ASCII', change(byValue('zd', 'é'))],
    ['nothing', change(byValue('zd', ''))],
    ['a keyword for a name', change(byValue('zd.in', '7'))],
  ])('lists all Tasks once if an expression cannot hold %s', async (_, odd) => {
    const value = odd.correlation.attribute?.value;
    const { taskRouter, expressions } = await stack({
      WT1: { zd: value },
      WT2: { zd: { in: 7 } },
      WT4: { call_sid: callSid },
      WT5: {},
    });
    const found = await sidsFound(taskRouter, [odd, change({ callSid }), odd]);
    expect(found[0]).toHaveLength(1);
    expect(found).toEqual([found[0], ['WT4'], found[0]]);
    expect(expressions()).toEqual([null]);
  });

  it('searches for a ticket key and for a value by the parts between their hyphens', async () => {
    const { taskRouter, expressions } = await stack({
      WT1: { [ledgerAttribute]: ledger('acme-desk/INC-7') },
      WT2: { [ledgerAttribute]: ledger('acme-desk/INC-77') },
      WT3: { [ledgerAttribute]: ledger('acme/desk-INC-7') },
      WT4: { zd: 'INC-7' },
      WT5: { zd: 'INC-77' },
    });
    const wanted = [removal('acme-desk/INC-7'), change(byValue('zd', 'INC-7'))];
    expect(await sidsFound(taskRouter, wanted)).toEqual([['WT1'], ['WT4']]);
    await sidsFound(taskRouter, wanted);
    const expression =
      "(crm_media_sync CONTAINS 'desk/INC' AND crm_media_sync CONTAINS '7')" +
      " OR (zd CONTAINS 'INC' AND zd CONTAINS '7')";
    // The first asks whether CONTAINS finds parts: once, if it does.
    expect(expressions().slice(1)).toEqual([expression, expression]);
  });

  it.each(['parts', 'equal', 'rejected'] as const)(
    'finds a value with hyphens whatever CONTAINS does with strings: %s',
    async (contains) => {
      const emulator = await startEmulator({ settings: { contains } });
      const { workspaceSid } = account;
      const taskRouter = createClient(emulator.url, { workspaceSid, credentials: account });
      const guids = [1, 2].map((digit) => `5f0e9e5${digit}-7b7c-ec11-93b0-0022481c7c9c`);
      const search = () =>
        sidsFound(taskRouter, [
          ...guids.map((guid) => change(byValue('incident_id', guid))),
          change({ callSid }),
        ]);
      expect(await search()).toEqual([[], [], []]);
      const sids = [];
      for (const held of [{ incident_id: guids[0] }, { call_sid: callSid }, {}]) {
        const attributes = JSON.stringify(held);
        sids.push((await workspaceOf(emulator).tasks.create({ attributes })).sid);
      }
      expect(await search()).toEqual([[sids[0]], [], [sids[1]]]);
      const { listTasks } = (await statsOf(emulator)).calls;
      expect(listTasks).toBe(contains === 'parts' ? 1 : 2);
    },
  );

  it('lists all Tasks if Twilio rejects the parts of a value after all', async () => {
    const { taskRouter, seen } = await scripted(({ query }) =>
      query.get('EvaluateTaskAttributes')?.includes('zd CONTAINS')
        ? { status: 400 }
        : { body: page('tasks', [task('WT1', { zd: 'INC-7' })]) },
    );
    expect(await sidsFound(taskRouter, [change(byValue('zd', 'INC-7'))])).toEqual([['WT1']]);
    expect(seen).toHaveLength(3);
    expect(seen[2]?.query.has('EvaluateTaskAttributes')).toBe(false);
  });

  it('searches again without the ledgers if Twilio rejects an expression with them', async () => {
    const { taskRouter, seen } = await scripted(({ query }) =>
      query.get('EvaluateTaskAttributes')?.includes('CONTAINS')
        ? { status: 400 }
        : { body: page('tasks', [task('WT1', { call_sid: callSid })]) },
    );
    const wanted = [removal('zendesk/1', { callSid }), removal('zendesk/2')];
    expect(await sidsFound(taskRouter, wanted)).toEqual([['WT1'], []]);
    expect(seen).toHaveLength(2);
  });

  it.each<[string, number, TaskSearch, new (...args: never[]) => Error]>([
    ['Twilio rejects an expression without ledgers', 400, change({ callSid }), BadRequest],
    ['it is not the expression that failed', 503, removal('zendesk/1', { callSid }), Transient],
  ])('searches once if %s', async (_, status, search, failure) => {
    const { taskRouter, seen } = await scripted(() => ({ status }));
    expect(await rejectionOf(findTasks(taskRouter, [search]))).toBeInstanceOf(failure);
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['one request for 44 changes that move', 44, 8192, 1],
    ['several for many more', 200, 8192, 6],
    ['shorter ones if Twilio takes no long URL', 44, 6000, 3],
  ])('makes %s, and finds all Tasks', async (_, count, longest, most) => {
    const sids = Array.from({ length: count }, (_, n) => `CA${String(n).padStart(32, '0')}`);
    const all = sids.map((call_sid, n) => task(`WT${n}`, { call_sid }));
    const { taskRouter, seen } = await scripted(({ path, rawQuery }) =>
      (path + rawQuery).length < longest ? { body: page('tasks', all) } : { status: 414 },
    );
    const wanted = sids.map((callSid, n) => ({
      ...change({ callSid }),
      ticket: `zendesk/${100_000 + n}`,
      exclusive: true as const,
    }));
    const found = await sidsFound(taskRouter, wanted);
    expect(found).toEqual(sids.map((_, n) => [`WT${n}`]));
    expect(seen.length).toBeLessThanOrEqual(most);
    // Only the first URL may be too long.
    const lengths = seen.slice(longest < 8192 ? 1 : 0).map((one) => one.rawQuery.length);
    expect(Math.max(...lengths) + `/v1/Workspaces/${workspaceSid}/Tasks?`.length).toBeLessThan(
      longest,
    );
    for (const sid of sids) expect(seen.some(({ rawQuery }) => rawQuery.includes(sid))).toBe(true);
  });
});
