import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { ticketChange } from '../sync/messages.ts';
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
