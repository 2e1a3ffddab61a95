import type { SQSEvent } from 'aws-lambda';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isolate } from '../../lambdas/sync/records.ts';
import { createSync } from '../../lambdas/sync/sync.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { Transient } from '../../shared/taskrouter/errors.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import {
  createSimulatedQueue,
  deadLetterQueueUrl,
  queueUrls,
} from '../pipeline/simulated-queue.ts';
import { runs } from '../property-runs.ts';
import { deliveryOf, ticketChange } from './messages.ts';

const sidOf = (id: number) => `WT${String(id).padStart(32, '0')}`;

/** Changes of one Task each; reading the Task of the first ones ends the process. Times are seconds. */
const simulate = async (good: number, killers: number, batchSize: number, outage: number) => {
  let now = 0;
  const clock = () => now * 1000;
  const queue = createSimulatedQueue(clock);
  const random = seededRandom(good + 100 * killers);
  const ids = [...Array(killers + good).keys()];
  const linkedAt = new Map<string, number>();
  let crashes = 0;
  const log = () => {};
  const invoke = (event: SQSEvent) => {
    const end = Promise.withResolvers<never>();
    const taskRouter: Partial<TaskRouter> = {
      fetchTask: async (sid) => {
        if (now < outage) throw new Transient('HTTP 503');
        if (!ids.slice(0, killers).map(sidOf).includes(sid)) {
          return { sid, attributes: '{}', etag: '"1"' };
        }
        crashes += 1;
        end.reject(new Error('the process has ended'));
        return new Promise<never>(() => {});
      },
      listReservations: async () => [{ sid: `WR${'1'.repeat(32)}`, status: 'accepted' }],
      updateAttributes: async (sid, attributes) => {
        if (!linkedAt.has(sid)) linkedAt.set(sid, now);
        return { sid, attributes, etag: '"2"' };
      },
    };
    const sync = createSync({
      taskRouter: taskRouter as TaskRouter,
      ...{ sqs: queue.sqs, queueUrls, deadLetterQueueUrl, now: clock, random },
      sleep: async () => {},
      logger: { info: log, warn: log, error: log },
      metrics: { addMetric: log, publishStoredMetrics: log },
      ...{ namedTickets: () => [], requestsInParallel: () => 4, searchIntervalMs: 0 },
      ...{ taskEvents: true, confirmAfterSeconds: [] },
    });
    return Promise.race([sync(event, { getRemainingTimeInMillis: () => 30_000 }), end.promise]);
  };

  // Every third change comes when the others are delivered again.
  const late = ids.filter((id) => id >= killers && id % 3 === 0);
  const put = (id: number) => queue.put(ticketChange(id, { taskSid: sidOf(id) }));
  for (const id of ids.toSorted(() => random() - 0.5)) if (!late.includes(id)) put(id);
  for (;;) {
    const next = queue.nextVisibleAt();
    if (next === undefined) break;
    // An invocation takes a second, the gathering of its batch included.
    now = Math.max(now, next / 1000) + 1;
    if (now >= 180) for (const id of late.splice(0, 5)) put(id);
    await queue.consume(invoke, batchSize);
  }
  const reasons = queue.deadLetterReasons;
  return { linkedAt: [...linkedAt.values()], endedAt: now, crashes, reasons };
};

describe('a message that ends the process', () => {
  it.each([
    ['0 0', '0 0', '', ''],
    ['0 1 1 2 1 0 1 1 3 1 1', '0 0', '1 1 1 1 1 1', '1 2 3'],
    ['2 0 3 2', '0', '2', '2 3'],
    ['0* 1* 1', '', '1', '0* 1*'],
  ])('is tried apart: of %j first %j, then %j, not %j (*: redelivered)', (batch, ...expected) => {
    const names = new Map<unknown, string>();
    const records = batch.split(' ').map((name) => {
      const delivery = { ...deliveryOf(), unfinishedTries: Number.parseInt(name, 10) };
      const receives = name.endsWith('*') ? '2' : '1';
      delivery.record.attributes.ApproximateReceiveCount = receives;
      names.set(delivery, name);
      return delivery;
    });
    const { together, apart, heldBack } = isolate(records);
    const groups = [together, apart, [...heldBack.keys()]];
    const namesOf = (group: readonly unknown[]) => group.map((one) => names.get(one)).toSorted();
    expect(groups.map((group) => namesOf(group).join(' '))).toEqual(expected);
  });

  const anyGood = fc.integer({ min: 0, max: 60 });
  // AWS receives ten at a time. A backlog fills batches of 44.
  const anyBatch = fc.constantFrom(1, 10, 44);

  it('takes no other along: these are linked within two minutes of their redelivery, and it is a dead letter', async () => {
    const anyKillers = fc.constantFrom(1, 2);
    await fc.assert(
      fc.asyncProperty(
        anyGood,
        anyKillers,
        anyBatch,
        fc.constantFrom(0, 20, 300),
        async (...of) => {
          const [good, killers, , outage] = of;
          const { linkedAt, endedAt, crashes, reasons } = await simulate(...of);
          expect(linkedAt).toHaveLength(good);
          // The last wait of the outage; for each killer, three minutes after its first crash.
          const begin = outage === 0 ? 0 : outage + 240;
          expect(Math.max(0, ...linkedAt)).toBeLessThan(begin + killers * 180 + 120);
          expect(endedAt).toBeLessThan(begin + 600);
          expect(reasons).toEqual(Array(killers).fill('sync-did-not-finish'));
          expect(crashes).toBeLessThanOrEqual(4 * killers);
        },
      ),
      { numRuns: runs(0.3) },
    );
  });
});
