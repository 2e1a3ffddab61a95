import { describe, expect, it } from 'vitest';
import { BadRequest } from '../../shared/taskrouter/errors.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { ticketChange } from './messages.ts';
import { type SyncHarness, startWithTask } from './sync-harness.ts';

const recording = 'https://api.twilio.com/recording';
const call = { customer: 'Jean Doe', conversations: { segment_link: recording, outcome: 'sale' } };

/** A link so short that 32 of them fit within the 4,096 characters of a Task. */
const short = (id: number) => ({ type: 'Referenced', url: `https://a.eu/t/${id}` }) as const;

const ids = (count: number) => Array.from({ length: count }, (_, index) => 1000 + index);

const callsOf = async (harness: SyncHarness) => {
  const { calls } = await harness.stats();
  return [calls.fetchTask, calls.listReservations, calls.updateTask];
};

const expectAllShown = async (
  harness: SyncHarness,
  taskSid: string,
  tickets: readonly number[],
) => {
  const { attributes } = await harness.fetchTask(taskSid);
  const parsed = JSON.parse(attributes);
  expect(parsed).toMatchObject(call);
  const [block] = Object.values<{ media: { type: string; url: string }[] }>(
    parsed.reservation_attributes,
  );
  expect(block?.media.map(({ url }) => url)).toEqual([
    recording,
    ...tickets.map((id) => short(id).url),
  ]);
};

describe('many changes to one Task', () => {
  it('cost three calls to Twilio in one batch, and two if the batch is delivered again', async () => {
    const { harness, taskSid } = await startWithTask(call);
    const tickets = ids(32);
    await harness.send(tickets.map((id) => ticketChange(id, { taskSid }, { link: short(id) })));
    const batch = await harness.receive();
    expect(batch.Records).toHaveLength(32);

    expect(await harness.run(batch)).toEqual({ batchItemFailures: [] });
    expect(await callsOf(harness)).toEqual([1, 1, 1]);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(tickets.map(() => 'linked'));
    expect(harness.metric('TwilioCalls')).toBe(3);
    await expectAllShown(harness, taskSid, tickets);

    const { etag } = await harness.fetchTask(taskSid);
    const before = await callsOf(harness);
    expect(await harness.run(batch)).toEqual({ batchItemFailures: [] });
    const after = await callsOf(harness);
    expect(after.map((calls, index) => calls - (before[index] ?? 0))).toEqual([1, 1, 0]);
    expect((await harness.fetchTask(taskSid)).etag).toBe(etag);
    expect(harness.metric('Unchanged')).toBe(32);
  });

  it('are made to fit in bytes if Twilio rejects what fits in characters only', async () => {
    const { harness, taskSid } = await startWithTask({ ...call, note: 'é'.repeat(1860) });
    const { taskRouter } = harness.options;
    const updateAttributes: TaskRouter['updateAttributes'] = (sid, attributes, etag, tally) =>
      Buffer.byteLength(attributes) > 4096
        ? Promise.reject(new BadRequest('too long', { status: 400 }))
        : taskRouter.updateAttributes(sid, attributes, etag, tally);
    const title = 'x'.repeat(100);
    await harness.send([ticketChange(1000, { taskSid }, { link: { ...short(1000), title } })]);
    const batch = await harness.receive();
    expect(await harness.run(batch, { taskRouter: { ...taskRouter, updateAttributes } })).toEqual({
      batchItemFailures: [],
    });
    expect(harness.outcomes()).toMatchObject([
      { outcome: 'linked', budget: [{ taskSid, atTaskLevel: true, titlesDropped: true }] },
    ]);
    const { attributes } = await harness.fetchTask(taskSid);
    expect(Buffer.byteLength(attributes)).toBeLessThanOrEqual(4096);
    expect(attributes).toContain(short(1000).url);
  });

  it('are all written if 32 invocations write at once, and nothing of others is lost', async () => {
    const { harness, taskSid } = await startWithTask(call);
    const tickets = ids(32);
    await harness.send(tickets.map((id) => ticketChange(id, { taskSid }, { link: short(id) })));
    const { Records } = await harness.receive();
    let open = Records;
    for (let pass = 0; open.length > 0 && pass < 5; pass += 1) {
      const responses = await Promise.all(open.map((record) => harness.run({ Records: [record] })));
      const failed = responses.flatMap(({ batchItemFailures }) => batchItemFailures);
      open = open.filter(({ messageId }) => failed.some((f) => f.itemIdentifier === messageId));
    }
    expect(open).toEqual([]);
    expect(harness.metric('Conflicts')).toBeGreaterThan(0);
    await expectAllShown(harness, taskSid, tickets);
  });
});
