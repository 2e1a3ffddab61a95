import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import { BadRequest, Conflict, Transient } from '../../shared/taskrouter/failures.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { changeOf } from './changes.ts';
import { account, startWorld, type World } from './world.ts';

const createTasks = async (world: World, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => world.createTask({})));

const sendOneEach = (world: World, taskSids: readonly string[]) =>
  world.send(taskSids.map((taskSid, index) => changeOf(index, { taskSid })));

const linked = async (world: World, taskSids: readonly string[]): Promise<boolean[]> =>
  Promise.all(taskSids.map(async (sid) => (await world.urlsOf(sid)).length === 1));

/** Counts how many Tasks are being worked on at once. */
const watched = (taskRouter: TaskRouter) => {
  let current = 0;
  const seen = { most: 0 };
  const fetchTask: TaskRouter['fetchTask'] = async (...args) => {
    current += 1;
    seen.most = Math.max(seen.most, current);
    try {
      await sleep(5);
      return await taskRouter.fetchTask(...args);
    } finally {
      current -= 1;
    }
  };
  return { seen, taskRouter: { ...taskRouter, fetchTask } };
};

describe("one Task's trouble", () => {
  it.each([
    ['a fault of ours', new TypeError('Jean Doe is not iterable'), 'crashed'],
    ['an outage', new Transient('no answer'), 'taskrouter-unavailable'],
  ])('is its own, be it %s', async (_what, fault, reason) => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 5);
    await sendOneEach(world, taskSids);
    const { taskRouter } = world.options;
    const fetchTask: TaskRouter['fetchTask'] = (sid, tally) =>
      sid === taskSids[2] ? Promise.reject(fault) : taskRouter.fetchTask(sid, tally);
    const event = await world.receive();
    const response = await world.run(event, { taskRouter: { ...taskRouter, fetchTask } });

    expect(await linked(world, taskSids)).toEqual([true, true, false, true, true]);
    expect(response.batchItemFailures).toHaveLength(1);
    const [retried] = world.outcomes().filter(({ outcome }) => outcome === 'retry');
    expect(retried).toMatchObject({ taskSid: taskSids[2], reason });
    expect(JSON.stringify(world.log)).not.toContain('Jean Doe');
  });

  it('tells where a fault of ours is, and not what it was about', async () => {
    const world = await startWorld();
    const [taskSid = ''] = await createTasks(world, 1);
    await world.send([changeOf(1, { taskSid })]);
    const { taskRouter } = world.options;
    const fetchTask = async () => JSON.parse('Jean Doe');
    await world.run(await world.receive(), { taskRouter: { ...taskRouter, fetchTask } });
    const [crash] = world.log.filter(({ message }) => message === 'crashed');
    expect(crash).toMatchObject({ level: 'error', taskSid, error: 'SyntaxError' });
    expect(String(crash?.['at'])).toContain('isolation.test.ts');
    expect(JSON.stringify(world.log)).not.toContain('Jean Doe');
  });

  it('is over for good when the Task is gone, whatever else fails', async () => {
    const world = await startWorld();
    await world.send([changeOf(1, { taskSid: `WT${'0'.repeat(32)}` })]);
    const { taskRouter } = world.options;
    const listReservations = () => Promise.reject(new Transient('no answer'));
    const event = await world.receive();
    const response = await world.run(event, { taskRouter: { ...taskRouter, listReservations } });
    expect(response.batchItemFailures).toEqual([]);
    expect(world.outcomes()).toMatchObject([{ outcome: 'expired' }]);
  });

  it('that others write to all the time is left to the queue after ten rounds', async () => {
    const world = await startWorld();
    const [taskSid = ''] = await createTasks(world, 1);
    await sendOneEach(world, [taskSid]);
    const { taskRouter } = world.options;
    const updateAttributes = () => Promise.reject(new Conflict('412', { status: 412 }));
    const waits: number[] = [];
    const response = await world.run(await world.receive(), {
      taskRouter: { ...taskRouter, updateAttributes },
      sleep: async (milliseconds) => waits.push(milliseconds),
      random: () => 0.5,
    });
    expect(response.batchItemFailures).toHaveLength(1);
    expect(world.outcomes()).toMatchObject([{ outcome: 'retry', reason: 'conflict' }]);
    expect(waits).toEqual([20, 40, 80, 160, 320, 500, 500, 500, 500]);
    const { calls } = await world.stats();
    expect([calls.fetchTask, calls.listReservations]).toEqual([10, 1]);
    expect(world.metric('Conflicts')).toBe(10);
  });

  it('that Twilio will never take is a dead letter, without what was sent', async () => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 2);
    await sendOneEach(world, taskSids);
    const { taskRouter } = world.options;
    const updateAttributes: TaskRouter['updateAttributes'] = async (sid, ...rest) => {
      if (sid === taskSids[0]) throw new BadRequest('POST Task', { status: 400 });
      return taskRouter.updateAttributes(sid, ...rest);
    };
    const event = await world.receive();
    const response = await world.run(event, { taskRouter: { ...taskRouter, updateAttributes } });
    expect(response.batchItemFailures).toEqual([]);
    expect(await linked(world, taskSids)).toEqual([false, true]);
    const [letter] = await world.deadLetters();
    expect(letter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'refused-by-twilio' },
      detail: { StringValue: 'HTTP 400' },
    });
  });

  it('that others made by their attributes is a dead letter with the reason', async () => {
    const world = await startWorld();
    const odd = await world.createTask({ reservation_attributes: 'not an object' });
    const [good = ''] = await createTasks(world, 1);
    await sendOneEach(world, [odd, good]);
    await world.run(await world.receive());
    expect(await linked(world, [good])).toEqual([true]);
    const [letter] = await world.deadLetters();
    expect(letter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'attributes-unreadable' },
      ticket: { StringValue: 'zendesk/0' },
    });
    expect(world.metric('Rejected')).toBe(1);
  });
});

describe('a search', () => {
  const byAttribute = (id: number) =>
    changeOf(id, { attribute: { name: 'zd_ticket_id', value: String(id) } });

  it('that fails holds up only the changes that need it', async () => {
    const world = await startWorld();
    const [taskSid = ''] = await createTasks(world, 1);
    await world.send([byAttribute(1), changeOf(2, { taskSid }), byAttribute(3)]);
    const { taskRouter } = world.options;
    const evaluate = () => Promise.reject(new Transient('no answer'));
    const event = await world.receive();
    const response = await world.run(event, { taskRouter: { ...taskRouter, evaluate } });
    expect(await linked(world, [taskSid])).toEqual([true]);
    expect(response.batchItemFailures).toHaveLength(2);
  });

  it('may lead to a Task that other changes of the batch name', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({ zd_ticket_id: '1' });
    await world.send([byAttribute(1), changeOf(2, { taskSid }), changeOf(3, { taskSid })]);
    expect(await world.run(await world.receive())).toEqual({ batchItemFailures: [] });
    expect(await world.urlsOf(taskSid)).toHaveLength(3);
  });

  it('is one for a whole batch', async () => {
    const world = await startWorld();
    const taskSids = await Promise.all(
      [1, 2, 3].map((id) => world.createTask({ zd_ticket_id: String(id) })),
    );
    await world.send([1, 2, 3].map(byAttribute));
    await world.run(await world.receive());
    expect((await world.stats()).calls.evaluate).toBe(1);
    expect(world.metric('TwilioCalls')).toBe(1 + 3 * 3);
    expect(await linked(world, taskSids)).toEqual([true, true, true]);
  });

  it('that Twilio will not take spoils only the change it cannot be made for', async () => {
    const world = await startWorld();
    const ids = [1, 2, 3, 4, 5];
    const taskSids = await Promise.all(
      ids.map((id) => world.createTask({ zd_ticket_id: String(id) })),
    );
    await world.send(ids.map(byAttribute));
    const { taskRouter } = world.options;
    // What is found too much is matched again, so a list of all Tasks stands in for a search; Twilio
    // would allow three a second, and this batch takes seven.
    const evaluate: TaskRouter['evaluate'] = async (expression, tally) => {
      if (expression.includes('4')) throw new BadRequest('GET Tasks', { status: 400 });
      return taskRouter.listTasks(tally);
    };
    await world.run(await world.receive(), { taskRouter: { ...taskRouter, evaluate } });
    expect(await linked(world, taskSids)).toEqual([true, true, true, false, true]);
    const letters = await world.deadLetters();
    expect(letters.map((letter) => letter.MessageAttributes?.['ticket']?.StringValue)).toEqual([
      'zendesk/4',
    ]);
  });
});

describe('credentials that Twilio refuses', () => {
  it('keep every change, tell an operator once, and count', async () => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 3);
    await sendOneEach(world, taskSids);
    const revoked = createTaskRouterClient({
      credentials: { ...account, apiSecret: 'revoked' },
      workspaceSid: account.workspaceSid,
      url: world.twin.url,
      evaluationsPerSecond: 3,
    });
    const event = await world.receive();
    const response = await world.run(event, { taskRouter: revoked });
    expect(response.batchItemFailures).toHaveLength(3);
    expect(world.metric('Unauthorized')).toBe(3);
    expect(world.log.filter(({ level }) => level === 'error')).toHaveLength(1);
    await world.run(event);
    expect(await linked(world, taskSids)).toEqual([true, true, true]);
  });
});

describe('an invocation', () => {
  it('works on no more Tasks at a time than it may', async () => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 9);
    await sendOneEach(world, taskSids);
    const { seen, taskRouter } = watched(world.options.taskRouter);
    await world.run(await world.receive(), { taskRouter, tasksInParallel: 3 });
    expect(seen.most).toBe(3);
    expect(await linked(world, taskSids)).not.toContain(false);
  });

  it('hands back in time what it has no time for, for at once', async () => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 8);
    await sendOneEach(world, taskSids);
    await world.settings({ latencyMs: 150 });
    const event = await world.receive();
    const begun = Date.now();
    const response = await world.run(event, { tasksInParallel: 1 }, 1500);
    expect(Date.now() - begun).toBeLessThan(1500);
    await world.settings({ latencyMs: 0 });

    const outcomes = world.outcomes().map(({ outcome, reason }) => reason ?? outcome);
    expect(new Set(outcomes)).toEqual(new Set(['linked', 'deadline']));
    const done = outcomes.filter((outcome) => outcome === 'linked').length;
    expect(response.batchItemFailures).toHaveLength(8 - done);
    const untouched = world.outcomes().filter(({ twilioCalls }) => twilioCalls === 0);
    expect(untouched.length).toBeGreaterThanOrEqual(7 - done);
    const { hiddenSeconds, ready } = await world.inspect();
    for (const seconds of hiddenSeconds.values()) expect(seconds).toBeLessThanOrEqual(1);
    expect(hiddenSeconds.size + ready).toBe(8 - done);
    expect((await linked(world, taskSids)).filter(Boolean)).toHaveLength(done);
  });

  it('answers in time even when Twilio does not', async () => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 2);
    await sendOneEach(world, taskSids);
    const { taskRouter } = world.options;
    const never = new Promise<never>(() => undefined);
    const fetchTask: TaskRouter['fetchTask'] = (sid, tally) =>
      sid === taskSids[0] ? never : taskRouter.fetchTask(sid, tally);
    const begun = Date.now();
    const response = await world.run(
      await world.receive(),
      { taskRouter: { ...taskRouter, fetchTask } },
      900,
    );
    expect(Date.now() - begun).toBeLessThan(900);
    expect(response.batchItemFailures).toHaveLength(1);
    expect(await linked(world, taskSids)).toEqual([false, true]);
  });

  it('publishes its metrics once, with nothing that differs from ticket to ticket', async () => {
    const world = await startWorld();
    const taskSids = await createTasks(world, 3);
    await sendOneEach(world, taskSids);
    await world.run(await world.receive());
    expect(world.published).toEqual([world.metrics.length]);
    expect(world.metrics).toContainEqual({ name: 'Linked', value: 3 });
    expect(world.metrics.filter(({ name }) => name === 'LinkLag')).toHaveLength(3);
    expect(JSON.stringify(world.metrics)).not.toContain('zendesk');
  });
});

describe('the log', () => {
  it('says of each record what an operator needs, and nothing of the Task or the ticket', async () => {
    const world = await startWorld();
    const marker = 'Jean Doe 555-0100';
    const media = [{ type: 'Raw', url: 'https://a.eu/Jean', title: marker }];
    const shown = await world.createTask({ name: marker, zd_ticket_id: 'ABC' });
    const raw = await world.createTask({ name: marker, conversations: { media } });
    const odd = await world.createTask({ name: marker, reservation_attributes: marker });
    const waiting = await world.createTask({ name: marker }, { accepted: false });
    const link = { type: 'Referenced', url: 'https://a.eu/t/Jean', title: marker } as const;
    await world.send([
      changeOf(1, { attribute: { name: 'zd_ticket_id', value: 'ABC' } }, { link }),
      changeOf(2, { taskSid: raw }, { link }),
      changeOf(3, { taskSid: odd }, { link }),
      changeOf(4, { taskSid: waiting }, { link }),
      `{"name":"${marker}"`,
      JSON.stringify({ ...changeOf(5, {}), link: { ...link, url: marker } }),
    ]);
    await world.run(await world.receive());

    const text = JSON.stringify([world.log, world.metrics]);
    for (const secret of ['Jean', '555-0100', 'https:', 'ABC']) expect(text).not.toContain(secret);
    const letters = (await world.deadLetters()).map((letter) => letter.MessageAttributes);
    expect(letters).toHaveLength(3);
    expect(JSON.stringify(letters)).not.toContain('Jean');

    const byTicket = Map.groupBy(world.outcomes(), ({ ticket }) => ticket);
    expect(byTicket.get('zendesk/1')).toMatchObject([
      { outcome: 'linked', taskSid: shown, tries: 1, twilioCalls: 3, next: 'acknowledge' },
    ]);
    expect(byTicket.get('zendesk/2')).toMatchObject([
      { outcome: 'linked', hidden: [expect.stringMatching(/^WR/)] },
    ]);
    expect(byTicket.get('zendesk/3')).toMatchObject([
      { level: 'warn', reason: 'attributes-unreadable', next: 'dead-letter' },
    ]);
    expect(byTicket.get('zendesk/4')).toMatchObject([{ outcome: 'waiting', next: 'send-again' }]);
    expect(byTicket.get(undefined)).toHaveLength(2);
  });

  it('says what a write gave up to stay within the limit', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({ long: 'x'.repeat(3500) });
    await world.send(
      Array.from({ length: 8 }, (_, id) => changeOf(id, { taskSid }, { version: String(id + 1) })),
    );
    await world.run(await world.receive());
    const given = world.outcomes().flatMap(({ budget }) => (budget === undefined ? [] : [budget]));
    expect(given).toContainEqual([
      expect.objectContaining({ taskSid, titlesDropped: true, evicted: expect.any(Array) }),
    ]);
    expect(world.metric('TitlesDropped')).toBe(1);
    expect(world.metric('Evicted')).toBeGreaterThan(0);
  });
});
