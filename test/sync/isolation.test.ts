import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SyncOptions } from '../../shared/sync/options.ts';
import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import {
  BadRequest,
  Conflict,
  DeadlineExceeded,
  InvalidResponse,
  Transient,
} from '../../shared/taskrouter/errors.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { account } from '../local/taskrouter/client.ts';
import { page, scripted } from '../taskrouter/scripted-server.ts';
import { ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness, startWithTask } from './sync-harness.ts';

/** Tasks, and a change for each of them in the queue. */
const changesOf = async (count: number) => {
  const harness = await startSyncHarness();
  const made = Array.from({ length: count }, () => harness.createTask({}));
  const taskSids = await Promise.all(made);
  await harness.send(taskSids.map((taskSid, index) => ticketChange(index, { taskSid })));
  return { harness, taskSids };
};

/** Runs a batch of all messages while some calls of TaskRouter are answered in another way. */
const runWith = async (
  harness: SyncHarness,
  calls: Partial<TaskRouter>,
  options: Partial<SyncOptions> = {},
  totalMs?: number,
) => {
  const taskRouter = { ...harness.options.taskRouter, ...calls };
  return harness.run(await harness.receive(), { ...options, taskRouter }, totalMs);
};

const linked = async (harness: SyncHarness, taskSids: readonly string[]): Promise<boolean[]> =>
  Promise.all(taskSids.map(async (sid) => (await harness.urlsOf(sid)).length === 1));

const retried = (harness: SyncHarness) =>
  harness.outcomes().filter(({ outcome }) => outcome === 'retry');

/** Counts how many Tasks are being worked on at once. */
const watched = (taskRouter: TaskRouter) => {
  let current = 0;
  const seen = { most: 0 };
  const watch =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      current += 1;
      seen.most = Math.max(seen.most, current);
      try {
        await sleep(5);
        return await call(...args);
      } finally {
        current -= 1;
      }
    };
  const fetchTask = watch(taskRouter.fetchTask);
  const listReservations = watch(taskRouter.listReservations);
  const updateAttributes = watch(taskRouter.updateAttributes);
  return { seen, taskRouter: { ...taskRouter, fetchTask, listReservations, updateAttributes } };
};

describe('an error at one Task', () => {
  it.each([
    ['a bug of ours', new TypeError('Jean Doe is not iterable'), 'crashed'],
    ['an outage', new Transient('no response'), 'taskrouter-unavailable'],
  ])('affects no other Task: %s', async (_what, fault, reason) => {
    const { harness, taskSids } = await changesOf(5);
    const { taskRouter } = harness.options;
    const fetchTask: TaskRouter['fetchTask'] = (sid, tally) =>
      sid === taskSids[2] ? Promise.reject(fault) : taskRouter.fetchTask(sid, tally);
    await runWith(harness, { fetchTask });
    expect(await linked(harness, taskSids)).toEqual([true, true, false, true, true]);
    expect(retried(harness)).toHaveLength(1);
    expect(retried(harness)[0]).toMatchObject({ taskSid: taskSids[2], reason });
    const crashes = harness.log.filter(({ message }) => message === 'unexpected error');
    expect(crashes).toHaveLength(reason === 'crashed' ? 1 : 0);
    expect(JSON.stringify(harness.log)).not.toContain('Jean Doe');
  });

  it('is final if the Task is deleted, even if its reservations cannot be listed', async () => {
    const harness = await startSyncHarness();
    await harness.send([ticketChange(1, { taskSid: `WT${'0'.repeat(32)}` })]);
    const listReservations = () => Promise.reject(new Transient('no response'));
    const response = await runWith(harness, { listReservations });
    expect(response.batchItemFailures).toEqual([]);
    expect(harness.outcomes()).toMatchObject([{ outcome: 'expired' }]);
  });

  it('is left to the queue after ten conflicts in a row', async () => {
    const { harness } = await changesOf(1);
    const updateAttributes = () => Promise.reject(new Conflict('412', { status: 412 }));
    const waits: number[] = [];
    const sleep = async (milliseconds: number) => waits.push(milliseconds);
    await runWith(harness, { updateAttributes }, { sleep, random: () => 0.5 });
    expect(retried(harness)).toHaveLength(1);
    expect(harness.outcomes()).toMatchObject([
      { outcome: 'retry', reason: 'conflict', detail: '10 conflicts in a row' },
    ]);
    expect(waits).toEqual([0, 40, 80, 160, 320, 500, 500, 500, 500]);
    const { calls } = await harness.stats();
    expect([calls.fetchTask, calls.listReservations]).toEqual([10, 1]);
    expect(harness.metric('Conflicts')).toBe(10);
  });

  it('is a dead letter, without what was sent, if Twilio rejects the write', async () => {
    const { harness, taskSids } = await changesOf(2);
    const { taskRouter } = harness.options;
    const updateAttributes: TaskRouter['updateAttributes'] = async (sid, ...rest) => {
      if (sid === taskSids[0]) throw new BadRequest('POST Task', { status: 400 });
      return taskRouter.updateAttributes(sid, ...rest);
    };
    const response = await runWith(harness, { updateAttributes });
    expect(response.batchItemFailures).toEqual([]);
    expect(await linked(harness, taskSids)).toEqual([false, true]);
    const [deadLetter] = await harness.deadLetters();
    expect(deadLetter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'twilio-bad-request' },
      detail: { StringValue: 'HTTP 400' },
    });
  });
});

it.each([
  ['goes on for ever', 30, 'taskrouter-unavailable', DeadlineExceeded],
  ['begins again', 0, 'taskrouter-invalid-response', InvalidResponse],
])('a search whose list %s stops with the answer, and is retried', async (_, ms, reason, kind) => {
  const harness = await startSyncHarness();
  await harness.send([ticketChange(1, { attribute: { name: 'zd_ticket_id', value: '1' } })]);
  const { taskRouter } = await scripted(({ path, query }, response) => {
    const number = ms === 0 ? 1 : Number(query.get('PageToken')) + 1;
    const body = page('tasks', [], `${path}?PageToken=${number}`);
    setTimeout(() => response.end(JSON.stringify(body)), ms);
    return undefined;
  });
  let listing: Promise<unknown> = Promise.resolve();
  const evaluate: TaskRouter['evaluate'] = (...args) => {
    const found = taskRouter.evaluate(...args);
    listing = found;
    return found;
  };
  await runWith(harness, { evaluate }, {}, 900);
  expect(retried(harness)).toHaveLength(1);
  expect(harness.outcomes()).toMatchObject([{ outcome: 'retry', reason }]);
  await expect(listing).rejects.toBeInstanceOf(kind);
});

it('credentials that Twilio rejects lose no change, and are logged once and counted', async () => {
  const { harness, taskSids } = await changesOf(3);
  const revoked = createTaskRouterClient({
    credentials: { ...account, apiSecret: 'revoked' },
    workspaceSid: account.workspaceSid,
    url: harness.emulator.url,
    evaluationsPerSecond: 3,
  });
  const event = await harness.receive();
  await harness.run(event, { taskRouter: revoked });
  expect(retried(harness)).toHaveLength(3);
  expect(harness.metric('Unauthorized')).toBe(3);
  expect(harness.log.filter(({ level }) => level === 'error')).toHaveLength(1);
  await harness.run(event);
  expect(await linked(harness, taskSids)).toEqual([true, true, true]);
});

describe('an invocation', () => {
  it('has no more requests to Twilio under way than configured', async () => {
    const { harness, taskSids } = await changesOf(9);
    const { seen, taskRouter } = watched(harness.options.taskRouter);
    await harness.run(await harness.receive(), { taskRouter, requestsInParallel: () => 3 });
    expect(seen.most).toBe(3);
    expect(await linked(harness, taskSids)).not.toContain(false);
  });

  it('leaves in the queue what it has no time for, to be delivered again at once', async () => {
    const { harness, taskSids } = await changesOf(8);
    await harness.settings({ latencyMs: 300 });
    const event = await harness.receive();
    const begun = Date.now();
    const response = await harness.run(event, { requestsInParallel: () => 1 }, 3000);
    expect(Date.now() - begun).toBeLessThan(3000);
    await harness.settings({ latencyMs: 0 });

    const outcomes = harness.outcomes().map(({ outcome, reason }) => reason ?? outcome);
    expect(new Set(outcomes)).toEqual(new Set(['linked', 'deadline']));
    const done = outcomes.filter((outcome) => outcome === 'linked').length;
    expect(response.batchItemFailures).toEqual([]);
    const untouched = harness.outcomes().filter(({ twilioCalls }) => twilioCalls === 0);
    expect(untouched.length).toBeGreaterThanOrEqual(7 - done);
    const { delaySeconds, ready } = await harness.inspect();
    for (const seconds of delaySeconds.values()) expect(seconds).toBeLessThanOrEqual(1);
    expect(delaySeconds.size + ready).toBe(8 - done);
    expect((await linked(harness, taskSids)).filter(Boolean)).toHaveLength(done);
  });

  it('ends in time even if Twilio does not respond', async () => {
    const { harness, taskSids } = await changesOf(2);
    const { taskRouter } = harness.options;
    const never = new Promise<never>(() => undefined);
    const fetchTask: TaskRouter['fetchTask'] = (sid, tally) =>
      sid === taskSids[0] ? never : taskRouter.fetchTask(sid, tally);
    const begun = Date.now();
    await runWith(harness, { fetchTask }, {}, 3000);
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(retried(harness)).toHaveLength(1);
    expect(await linked(harness, taskSids)).toEqual([false, true]);
  });

  it('publishes its metrics once, without values of a ticket', async () => {
    const { harness } = await changesOf(3);
    await harness.run(await harness.receive());
    expect(harness.published).toEqual([harness.metrics.length]);
    expect(harness.metrics).toContainEqual({ name: 'Linked', value: 3 });
    expect(harness.metrics.filter(({ name }) => name === 'LinkLag')).toHaveLength(3);
    expect(JSON.stringify(harness.metrics)).not.toContain('zendesk');
  });
});

describe('the log', () => {
  it('has what an operator needs of each record, and no content of the Task or the ticket', async () => {
    const harness = await startSyncHarness();
    const marker = 'Jean Doe +1 555';
    const media = [{ type: 'Raw', url: 'https://a.eu/Jean.Doe', title: marker }];
    const shown = await harness.createTask({ name: marker, zd_ticket_id: '1' });
    const raw = await harness.createTask({ name: marker, conversations: { media } });
    const odd = await harness.createTask({ name: marker, reservation_attributes: marker });
    const waiting = await harness.createTask({ name: marker }, { accepted: false });
    const link = { type: 'Referenced', url: 'https://a.eu/t/Jean.Doe', title: marker } as const;
    await harness.apply(
      ticketChange(1, { attribute: { name: 'zd_ticket_id', value: '1' } }, { link }),
      ticketChange(2, { taskSid: raw }, { link }),
      ticketChange(3, { taskSid: odd }, { link }),
      ticketChange(4, { taskSid: waiting }, { link }),
      `{"name":"${marker}"`,
      JSON.stringify(ticketChange(5, {}, { link: { ...link, url: marker } })),
    );

    const text = JSON.stringify([harness.log, harness.metrics]);
    for (const secret of ['Jean Doe', 'Jean.Doe', '+1 555', 'https:']) {
      expect(text).not.toContain(secret);
    }
    const deadLetters = (await harness.deadLetters()).map((one) => one.MessageAttributes);
    expect(deadLetters).toHaveLength(3);
    expect(JSON.stringify(deadLetters)).not.toMatch(/Jean.Doe/);

    const byTicket = Map.groupBy(harness.outcomes(), ({ ticket }) => ticket);
    expect(byTicket.get('zendesk/1')).toMatchObject([
      { outcome: 'linked', taskSid: shown, tries: 1, twilioCalls: 3, disposition: 'acknowledge' },
    ]);
    expect(byTicket.get('zendesk/2')).toMatchObject([
      { outcome: 'linked', hidden: [expect.stringMatching(/^WR/)] },
    ]);
    expect(byTicket.get('zendesk/3')).toMatchObject([
      { level: 'warn', reason: 'attributes-unreadable', disposition: 'dead-letter' },
    ]);
    const waits = { outcome: 'waiting', disposition: 'requeue' };
    expect(byTicket.get('zendesk/4')).toMatchObject([waits]);
    expect(byTicket.get(undefined)).toHaveLength(2);
  });

  it('has what a write left out to stay within the limit', async () => {
    const { harness, taskSid } = await startWithTask({ long: 'x'.repeat(3500) });
    await harness.apply(
      ...Array.from({ length: 8 }, (_, id) =>
        ticketChange(id, { taskSid }, { version: String(id + 1) }),
      ),
    );
    const budgets = harness
      .outcomes()
      .flatMap(({ budget }) => (budget === undefined ? [] : [budget]));
    expect(budgets).toContainEqual([
      expect.objectContaining({ taskSid, atTaskLevel: true, evicted: expect.any(Array) }),
    ]);
    expect(harness.metric('TaskLevelLists')).toBe(1);
    expect(harness.metric('Evicted')).toBeGreaterThan(0);
  });
});
