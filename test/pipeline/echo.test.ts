import { expect, it } from 'vitest';
import { ticketChange } from '../sync/messages.ts';
import { createSimulation } from './simulation.ts';

/** A call with a link. */
const linkedCall = async () => {
  const simulation = createSimulation();
  const task = simulation.createTask({});
  const reservation = simulation.store.offer(task, 'Ana');
  simulation.store.moveReservation(task, reservation, 'accepted');
  simulation.enqueue(
    ticketChange(7, { taskSid: task.sid }, { occurredAt: 0 }, { receivedAt: simulation.now() }),
  );
  await simulation.runSync();
  return { ...simulation, task, reservation };
};

it('the event of our own write causes no message and no call', async () => {
  const { events, sendEvent, runSync, calls, queue, now } = await linkedCall();
  const before = { ...calls };
  const later = queue.nextVisibleAt();
  expect(events.filter(({ type }) => type === 'task.updated')).toHaveLength(1);
  for (let round = 1; round <= 5; round += 1) {
    for (const event of events.slice()) {
      if (event.type === 'task.updated') await sendEvent(event, round % 2 === 0);
    }
    await runSync();
  }
  expect(calls).toEqual(before);
  expect(events.filter(({ type }) => type === 'task.updated')).toHaveLength(1);
  expect(queue.nextVisibleAt()).toBe(later);
  expect(later).toBeGreaterThan(now());
});

it('repeated events of a Task cost reads and no further write', async () => {
  const { events, sendEvent, drain, calls } = await linkedCall();
  await drain(200);
  const { writes } = calls;
  const { length } = events;
  for (let round = 1; round <= 3; round += 1) {
    for (const event of events.slice()) await sendEvent(event);
    await drain(200);
  }
  expect(calls.writes).toBe(writes);
  expect(events).toHaveLength(length);
});

it('the event of our own write after a foreign one causes no call either', async () => {
  const { events, task, write, sendEvent, drain, calls, store } = await linkedCall();
  write(task, JSON.stringify({ ...JSON.parse(task.attributes), disposition: 'refund' }));
  const second = store.offer(task, 'Ben');
  store.moveReservation(task, second, 'accepted');
  for (const event of events.slice(-3)) await sendEvent(event);
  await drain(200);
  const after = { ...calls };
  const [echo] = events.slice(-1);
  expect(echo?.type).toBe('task.updated');
  if (echo !== undefined) await sendEvent(echo);
  await drain(200);
  expect(calls).toEqual(after);
});
