import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import type { Correlation, TicketChange } from '../../shared/messages/ticket-change.ts';
import { runs } from '../property-runs.ts';
import { ticketChange } from '../sync/messages.ts';
import { startSyncHarness } from '../sync/sync-harness.ts';
import { createSimulation } from './simulation.ts';

const calls = [1, 2, 3].map((n) => `CA${String(n).repeat(32)}`);
const ticketUrl = 'https://acme.zendesk.com/agent/tickets/7';

/** The conversations of the ticket, change by change; in the end it may be deleted. */
const history = fc.record({
  places: fc.array(fc.nat(calls.length - 1), { minLength: 1, maxLength: 5 }),
  deleted: fc.boolean(),
});

const changesOf = ({ places, deleted }: { places: readonly number[]; deleted: boolean }) => {
  const change = (index: number, fields: Partial<TicketChange>, callSid?: string) =>
    ticketChange(7, callSid === undefined ? {} : { callSid }, {
      version: String(10 * (index + 1)),
      exclusive: true,
      ...fields,
    });
  return [
    ...places.map((place, index) => change(index, {}, calls[place])),
    ...(deleted ? [change(places.length, { link: null })] : []),
  ];
};

it('a ticket is where its last change says, in any order of its changes, with any repeats, batches and pauses', async () => {
  await fc.assert(
    fc.asyncProperty(
      history.chain((lived) => {
        const changes = changesOf(lived);
        const order = fc.array(fc.nat(changes.length - 1), { maxLength: 4 }).chain((again) =>
          fc.shuffledSubarray([...changes.keys(), ...again], {
            minLength: changes.length + again.length,
          }),
        );
        return fc.record({
          lived: fc.constant(lived),
          changes: fc.constant(changes),
          order,
          steps: fc.infiniteStream(
            fc.record({ size: fc.integer({ min: 0, max: 4 }), seconds: fc.nat(40) }),
          ),
        });
      }),
      async ({ lived, changes, order, steps }) => {
        const simulation = createSimulation();
        const tasks = calls.map((call_sid) => {
          const task = simulation.createTask({ call_sid });
          simulation.store.moveReservation(task, simulation.store.offer(task, 'Ana'), 'accepted');
          return task;
        });
        for (const index of order) {
          const message = changes[index];
          if (message !== undefined)
            simulation.enqueue({ ...message, meta: { receivedAt: simulation.now() } });
          const { size, seconds } = steps.next().value;
          if (size > 0) await simulation.runSync(size);
          simulation.advance(seconds);
        }
        await simulation.drain(3600);
        const shown = tasks.map(({ attributes }) => attributes.includes(ticketUrl));
        const last = lived.deleted ? undefined : lived.places.at(-1);
        expect(shown).toEqual(calls.map((_, place) => place === last));
        expect(simulation.queue.deadLetters).toEqual([]);
      },
    ),
  );
});

const callSid = `CA${'ab'.repeat(16)}`;
const recording = 'https://recordings.example/1';
const link = { type: 'Referenced', url: 'https://tickets.example/7', title: 'Ticket 7' } as const;
const named = { zd_ticket_id: '7' };
const byName = { attribute: { name: 'zd_ticket_id', value: '7' } };

/** What a supervisor sees on every segment of a call that nobody accepted. */
const right = { media: [{ type: 'VoiceRecording', url: recording }, link] };

/** The Task's attributes, and what names the Task to the CRM. `event`: only the Task names the ticket. */
const ways: Record<string, [object, (taskSid: string) => Correlation]> = {
  'Task SID': [{}, (taskSid) => ({ taskSid })],
  'call SID': [{}, () => ({ callSid })],
  name: [named, () => byName],
  event: [named, () => byName],
};

describe('an abandoned call', () => {
  it('shows its ticket before Twilio deletes the Task, whenever the webhook and the events come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          way: fc.constantFrom(...Object.keys(ways)),
          endedOffers: fc.array(fc.constantFrom('rejected', 'timeout', 'rescinded', 'canceled'), {
            maxLength: 3,
          }),
          isOnOffer: fc.boolean(),
          /** When the webhook comes, in seconds after the end of the call. 0: while the sync reads the Task. */
          webhookAt: fc.integer({ min: -3600, max: 100 }),
          eventPicks: fc.array(fc.nat(), { maxLength: 4 }),
        }),
        async ({ way, endedOffers, isOnOffer, webhookAt, eventPicks }) => {
          const { store, events, queue, ...simulation } = createSimulation();
          const pass = async (seconds: number): Promise<void> => {
            const end = simulation.now() + seconds * 1000;
            await simulation.drain(seconds);
            simulation.advance((end - simulation.now()) / 1000);
          };
          const [attributes, correlationOf] = ways[way] ?? ways['event'] ?? [{}, () => ({})];
          const conversations = { segment_link: recording };
          const task = simulation.createTask({ call_sid: callSid, conversations, ...attributes });
          const sendWebhook = (): void => {
            const receivedAt = simulation.now();
            if (way === 'event') return;
            simulation.enqueue(ticketChange(7, correlationOf(task.sid), { link }, { receivedAt }));
          };
          const hangUp = () => store.update(task, { status: 'canceled', reason: 'hangup' });

          for (const ending of endedOffers)
            store.moveReservation(task, store.offer(task, 'Ana'), ending);
          if (isOnOffer) store.offer(task, 'Ben');
          if (webhookAt <= 0) sendWebhook();
          await pass(Math.max(0, -webhookAt));
          if (webhookAt === 0 && way !== 'event') simulation.beforeNextWrite(hangUp);
          else hangUp();
          await simulation.runSync();

          const last = events.findLast(({ type }) => type === 'task.canceled');
          const picked = eventPicks.flatMap((pick) => events[pick % events.length] ?? []);
          const arriving = way === 'event' && last !== undefined ? [...picked, last] : picked;
          for (const event of arriving) await simulation.sendEvent(event);
          await pass(Math.max(0, webhookAt));
          if (webhookAt > 0) sendWebhook();
          await pass(finishedTaskTtlSeconds - 1 - Math.max(0, webhookAt));

          expect(JSON.parse(task.attributes)).toMatchObject({ conversations: right });
          expect(JSON.parse(task.attributes)).not.toHaveProperty('reservation_attributes');
          expect(queue.deadLetters).toEqual([]);
        },
      ),
      { numRuns: runs(0.3) },
    );
  });

  it.each(Object.entries(ways).filter(([way]) => way !== 'event'))(
    'is found by %s, over HTTP',
    async (_, [attributes, correlationOf]) => {
      const harness = await startSyncHarness();
      const conversations = { segment_link: recording };
      const whole = { call_sid: callSid, conversations, ...attributes };
      const taskSid = await harness.createTask(whole, { accepted: false });
      await harness.setStatus(taskSid, 'canceled');
      await harness.send([ticketChange(7, correlationOf(taskSid), { link })]);
      await harness.run(await harness.receive());
      expect(harness.outcomes()).toMatchObject([{ outcome: 'linked' }]);
      const { attributes: written } = await harness.fetchTask(taskSid);
      expect(JSON.parse(written)).toMatchObject({ conversations: right });
    },
  );
});
