import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { ReconcileMessage } from '../../shared/messages/message.ts';
import { Transient } from '../../shared/taskrouter/errors.ts';
import type { Task } from '../../shared/taskrouter/task-router.ts';
import { reconcileMessage, ticketChange } from './messages.ts';
import {
  atTry,
  exhausted,
  type SyncHarness,
  startSyncHarness,
  startWithTask,
} from './sync-harness.ts';

const readsAndWrites = async (harness: SyncHarness) => {
  const { calls } = await harness.stats();
  return [calls.fetchTask + calls.listReservations, calls.updateTask];
};

/** A Task with a link, on the segment of the agent who accepted it. */
const linkedTask = async (harness: SyncHarness, attributes: object = {}) => {
  const taskSid = await harness.createTask(attributes);
  await harness.apply(ticketChange(7, { taskSid }));
  return { taskSid };
};

const reconcile = async (
  harness: SyncHarness,
  taskSid: string,
  meta: Partial<ReconcileMessage['meta']> = {},
) => {
  await harness.apply(reconcileMessage(taskSid, meta));
};

/** A record that was put on the queue at a moment, milliseconds since 1970. */
const sentAt = (at: number, record: SQSRecord): SQSRecord => ({
  ...record,
  attributes: { ...record.attributes, SentTimestamp: String(at) },
});

describe('reconciling a Task', () => {
  it('costs two reads and no write if nothing is missing', async () => {
    const harness = await startSyncHarness();
    const { taskSid } = await linkedTask(harness);
    const [reads = 0, writes] = await readsAndWrites(harness);
    await reconcile(harness, taskSid);
    expect(await readsAndWrites(harness)).toEqual([reads + 2, writes]);
    expect(harness.metric('Reconciled')).toBe(0);
    expect(harness.outcomes().at(-1)).toMatchObject({
      outcome: 'unchanged',
      disposition: 'acknowledge',
    });
  });

  it('shares one update with the changes of the same Task', async () => {
    const { harness, taskSid } = await startWithTask();
    await harness.apply(
      reconcileMessage(taskSid),
      ticketChange(7, { taskSid }),
      reconcileMessage(taskSid),
    );
    expect(await readsAndWrites(harness)).toEqual([2, 1]);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining(['linked', 'reconciled', 'reconciled']),
    );
  });

  it('links the ticket that the Task names, and logs which came and which went', async () => {
    const { harness, taskSid } = await startWithTask();
    const logged = async (...names: (string | undefined)[]) => {
      for (const zd_ticket_id of names) {
        await harness.overwrite(taskSid, { zd_ticket_id });
        await reconcile(harness, taskSid);
      }
      return harness.outcomes().map(({ linked, removed }) => ({ linked, removed }));
    };
    expect(await logged('7', '7', '8', undefined)).toEqual([
      { linked: ['zendesk/7'], removed: undefined },
      { linked: undefined, removed: undefined },
      { linked: ['zendesk/8'], removed: ['zendesk/7'] },
      { linked: undefined, removed: ['zendesk/8'] },
    ]);
    expect(await harness.urlsOf(taskSid)).toEqual([]);
    expect(harness.metric('Reconciled')).toBe(3);
    const last = { outcome: 'reconciled', reconcile: 'event', taskSid };
    expect(harness.outcomes().at(-1)).toMatchObject(last);
  });

  it('logs 20 of the tickets that it linked, and none that others of the batch did', async () => {
    const { harness, taskSid } = await startWithTask();
    const short = (id: number) => ({ type: 'Referenced', url: `https://a.eu/${id}` }) as const;
    const changes = Array.from({ length: 21 }, (_, id) =>
      ticketChange(id, { taskSid }, { link: short(id) }),
    );
    await harness.apply(...changes);
    expect(harness.outcomes().some((line) => 'linked' in line)).toBe(false);
    await harness.accept(taskSid);
    await reconcile(harness, taskSid);
    expect(harness.outcomes().at(-1)?.['linked']).toHaveLength(20);
  });

  it('does nothing to a Task without a ticket, and does not count a deleted one as expired', async () => {
    const { harness, taskSid } = await startWithTask();
    await reconcile(harness, taskSid);
    await reconcile(harness, `WT${'0'.repeat(32)}`);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['unchanged', 'expired']);
    expect(harness.metric('Expired')).toBe(0);
    expect((await readsAndWrites(harness))[1]).toBe(0);
  });

  it('counts as rejected, without a dead letter, if there is no room for the next segment', async () => {
    const harness = await startSyncHarness();
    const { taskSid } = await linkedTask(harness);
    await harness.overwrite(taskSid, {
      padding: 'x'.repeat(3500),
      conversations: { media: 'of another form' },
    });
    for (let agent = 0; agent < 3; agent += 1) await harness.accept(taskSid);
    await reconcile(harness, taskSid);
    expect(harness.outcomes().at(-1)).toMatchObject({
      level: 'warn',
      outcome: 'rejected',
      reason: 'attributes-full',
      disposition: 'acknowledge',
    });
    expect(harness.metric('Rejected')).toBe(1);
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('becomes a dead letter after its last try, without ids that SQS would not encrypt', async () => {
    const harness = await startSyncHarness({ settings: { outage: true } });
    const taskSid = `WT${'1'.repeat(32)}`;
    await harness.send([reconcileMessage(taskSid)]);
    const { Records } = await harness.receive();
    await harness.run({ Records: Records.map(exhausted) });
    const [deadLetter] = await harness.deadLetters();
    const { MessageAttributes = {}, Body } = deadLetter ?? {};
    expect(MessageAttributes).toMatchObject({ reason: { StringValue: 'taskrouter-unavailable' } });
    expect(Object.keys(MessageAttributes)).not.toContain('source');
    expect(JSON.stringify(MessageAttributes)).not.toContain(taskSid);
    expect(Body).toContain(taskSid);
  });
});

describe('a Task in wrap-up or finished', () => {
  it('comes first in a batch, by the message or by the status in the search', async () => {
    const harness = await startSyncHarness();
    const order: string[] = [];
    const taskRouter = {
      ...harness.options.taskRouter,
      fetchTask: async (sid: string, ...rest: []) => {
        order.push(sid);
        return harness.options.taskRouter.fetchTask(sid, ...rest);
      },
    };
    const ongoing = await harness.createTask({ zd_ticket_id: '1' });
    const unknown = await harness.createTask({});
    const finished = await harness.createTask({ zd_ticket_id: '2' });
    const canceled = await harness.createTask({ zd_ticket_id: '4' }, { accepted: false });
    const wrapping = await harness.createTask({});
    await harness.setStatus(finished, 'completed');
    await harness.setStatus(canceled, 'canceled');
    const byAttribute = (value: string) => ({ attribute: { name: 'zd_ticket_id', value } });
    await harness.send([
      ticketChange(1, byAttribute('1')),
      ticketChange(3, { taskSid: unknown }),
      ticketChange(2, byAttribute('2')),
      ticketChange(4, byAttribute('4')),
      reconcileMessage(wrapping, { finishing: true }),
    ]);
    await harness.run(await harness.receive(), { taskRouter, requestsInParallel: () => 1 });
    expect(new Set(order.slice(0, 3))).toEqual(new Set([finished, canceled, wrapping]));
    expect(order.slice(3)).toEqual([unknown, ongoing]);
  });

  it.each([
    ['by the status of the Task', {}, (task: Task): Task => task],
    [
      'by the message, if the Task has no status',
      { finishing: true } as const,
      ({ status: _, ...task }: Task): Task => task,
    ],
  ])('is retried soon, however often it has been tried, %s', async (_, meta, asRead) => {
    const { harness, taskSid } = await startWithTask();
    await harness.setStatus(taskSid, 'completed');
    await harness.send([ticketChange(7, { taskSid }, {}, meta)]);
    const event = await harness.receive();
    const [record] = event.Records;
    if (record === undefined) throw new Error('nothing came');
    const { taskRouter } = harness.options;
    const refusing: typeof taskRouter = {
      ...taskRouter,
      fetchTask: async (...read) => asRead(await taskRouter.fetchTask(...read)),
      updateAttributes: async () => {
        throw new Transient('429', { status: 429 });
      },
    };
    await harness.run({ Records: [atTry(10, record)] }, { taskRouter: refusing });
    const { delaySeconds } = await harness.inspect();
    expect(delaySeconds.get(record.body)).toBeLessThan(20);
  });

  it('is logged, once it is deleted, with the lag of the CRM and our own', async () => {
    const harness = await startSyncHarness();
    const now = Date.now();
    const correlation = { taskSid: `WT${'0'.repeat(32)}` };
    const meta = { receivedAt: now - 5_000 };
    await harness.send([ticketChange(7, correlation, { occurredAt: now - 600_000 }, meta)]);
    const event = await harness.receive();
    await harness.run({ Records: event.Records.map((record) => sentAt(now - 5_000, record)) });
    const line = harness.outcomes().at(-1);
    expect(line).toMatchObject({
      ...correlation,
      outcome: 'expired',
      disposition: 'acknowledge',
      crmLagMs: 595_000,
    });
    expect(line?.['lagMs']).toBeGreaterThanOrEqual(600_000);
    expect(line?.['processingLagMs']).toBeGreaterThanOrEqual(5_000);
    expect(harness.metric('Expired')).toBe(1);
    expect(harness.metric('ExpiredLag')).toBeGreaterThanOrEqual(600_000);
  });
});
