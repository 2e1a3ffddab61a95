import { beforeEach, describe, expect, it } from 'vitest';
import type { EmulatedEvent } from '../../../../local/taskrouter/events/event.ts';
import { TaskStore } from '../../../../local/taskrouter/tasks/store.ts';
import type {
  StoredReservation,
  StoredTask,
  TaskChange,
} from '../../../../local/taskrouter/tasks/types.ts';
import type { ReservationStatus } from '../../../../shared/messages/segments.ts';
import { taskFields } from '../store-tasks.ts';

const nothing: TaskChange = {
  attributes: undefined,
  status: undefined,
  reason: undefined,
  priority: undefined,
  taskChannel: undefined,
  virtualStartTime: undefined,
};
describe('a store emits events', () => {
  let time: number;
  let events: EmulatedEvent[];
  let store: TaskStore;
  let task: StoredTask;
  beforeEach(() => {
    time = 1_000_000;
    events = [];
    store = new TaskStore(
      () => time,
      () => 1000,
      (event) => events.push(event),
    );
    task = store.create(taskFields());
  });
  const emitted = () => events.splice(0).map(({ type }) => type);
  const update = (change: Partial<TaskChange>) => store.update(task, { ...nothing, ...change });
  const accepted = (workerName = 'ada'): StoredReservation => {
    const reservation = store.offer(task, workerName);
    store.moveReservation(task, reservation, 'accepted');
    return reservation;
  };

  it('of a new Task', () => {
    expect(emitted()).toEqual(['task.created']);
  });

  it('of every write of attributes, and of no other update', () => {
    emitted();
    update({ attributes: '{"a":1}' });
    update({ priority: 3 });
    expect(emitted()).toEqual(['task.updated']);
  });

  it('of the whole life of a reservation and its Task, the reservation first', () => {
    const reservation = accepted();
    store.moveReservation(task, reservation, 'wrapping');
    store.moveReservation(task, reservation, 'completed');
    expect(emitted()).toEqual([
      'task.created',
      'reservation.created',
      'reservation.accepted',
      'reservation.wrapup',
      'task.wrapup',
      'reservation.completed',
      'task.completed',
    ]);
  });

  it.each([
    ['rejected', ['reservation.rejected']],
    ['timeout', ['reservation.timeout']],
    ['canceled', ['reservation.canceled']],
    ['rescinded', ['reservation.rescinded']],
  ] satisfies [ReservationStatus, string[]][])('of an offer that is %s', (status, expected) => {
    const reservation = store.offer(task, 'ada');
    emitted();
    store.moveReservation(task, reservation, status);
    expect(emitted()).toEqual(expected);
  });

  it('of the offers that another worker was faster to accept', () => {
    const slow = store.offer(task, 'ada');
    const fast = store.offer(task, 'grace');
    emitted();
    store.moveReservation(task, fast, 'accepted');
    expect(events.map(({ type, reservation }) => [type, reservation?.sid])).toEqual([
      ['reservation.accepted', fast.sid],
      ['reservation.rescinded', slow.sid],
    ]);
  });

  it('of reservations that follow an update of their Task', () => {
    accepted();
    emitted();
    update({ status: 'wrapping' });
    expect(emitted()).toEqual(['reservation.wrapup', 'task.wrapup']);
    update({ status: 'completed', reason: 'done' });
    expect(emitted()).toEqual(['reservation.completed', 'task.completed']);
  });

  it('of a Task that is canceled, after its offer', () => {
    store.offer(task, 'ada');
    emitted();
    update({ status: 'canceled', reason: 'hangup' });
    expect(emitted()).toEqual(['reservation.canceled', 'task.canceled']);
  });

  it('nothing of an update that is refused', () => {
    emitted();
    expect(() => update({ status: 'completed', attributes: '{"a":1}' })).toThrow(/Cannot complete/);
    expect(emitted()).toEqual([]);
  });

  it('of a Task that is deleted, and nothing of one that is gone by itself', () => {
    const other = store.create(taskFields());
    update({ status: 'canceled' });
    emitted();
    time += 1000;
    expect(store.find(task.sid)).toBeUndefined();
    expect(emitted()).toEqual([]);
    store.remove(other);
    expect(emitted()).toEqual(['task.deleted']);
  });

  it('how things stood when it happened, whatever changes later', () => {
    time += 5000;
    update({ attributes: '{"a":1}' });
    update({ attributes: '{"a":2}', priority: 7 });
    const reservation = accepted();
    store.moveReservation(task, reservation, 'completed');
    const [, first, second, offered] = events;
    expect(first).toMatchObject({ at: 1_005_000, task: { attributes: '{"a":1}', priority: 0 } });
    expect(second).toMatchObject({ task: { attributes: '{"a":2}', priority: 7, version: 2 } });
    expect(offered).toMatchObject({
      task: { status: 'reserved' },
      reservation: { sid: reservation.sid, status: 'pending', workerName: 'ada' },
    });
  });

  it('every event of one change as that change left everything', () => {
    const reservation = accepted();
    emitted();
    store.moveReservation(task, reservation, 'completed');
    expect(
      events.map((event) => [event.type, event.task.status, event.reservation?.status]),
    ).toEqual([
      ['reservation.completed', 'completed', 'completed'],
      ['task.completed', 'completed', undefined],
    ]);
  });

  it('a listener that changes the Task in turn, and takes nothing from the others', () => {
    const seen: [string, string][] = [];
    const busy: TaskStore = new TaskStore(
      () => time,
      () => 1000,
      (event) => {
        seen.push([event.type, event.task.attributes]);
        const found = busy.find(event.task.sid);
        if (event.type === 'reservation.completed' && found !== undefined) {
          busy.update(found, { ...nothing, attributes: '{"seen":true}' });
        }
      },
    );
    const own = busy.create(taskFields());
    const reservation = busy.offer(own, 'ada');
    busy.moveReservation(own, reservation, 'accepted');
    busy.moveReservation(own, reservation, 'completed');
    expect(seen.slice(3)).toEqual([
      ['reservation.completed', '{}'],
      ['task.updated', '{"seen":true}'],
      ['task.completed', '{}'],
    ]);
  });

  it('of a warm transfer, whose sender stays until they leave', () => {
    const from = accepted();
    emitted();
    const to = store.transfer(task, 'grace', 'WARM');
    expect(events.map((event) => [event.type, event.task.status])).toEqual([
      ['task.transfer-initiated', 'reserved'],
      ['reservation.created', 'reserved'],
    ]);
    expect(events[0]?.transfer).toMatchObject({
      mode: 'WARM',
      status: 'initiated',
      fromReservationSid: from.sid,
      fromWorkerSid: from.workerSid,
      toWorkerSid: to.workerSid,
    });
    const [initiated] = events;
    emitted();
    store.moveReservation(task, to, 'accepted');
    expect(events.map(({ type, transfer }) => [type, transfer?.status])).toEqual([
      ['reservation.accepted', undefined],
      ['task.transfer-completed', 'complete'],
    ]);
    expect(initiated?.transfer?.status).toBe('initiated');
    expect([from.status, task.status]).toEqual(['accepted', 'assigned']);
  });

  it('of a cold transfer, whose sender wraps up at once', () => {
    const from = accepted();
    emitted();
    const to = store.transfer(task, 'grace', 'COLD');
    expect(emitted()).toEqual([
      'task.transfer-initiated',
      'reservation.wrapup',
      'reservation.created',
    ]);
    store.moveReservation(task, from, 'completed');
    store.moveReservation(task, to, 'accepted');
    store.moveReservation(task, to, 'completed');
    expect(emitted()).toEqual([
      'reservation.completed',
      'reservation.accepted',
      'task.transfer-completed',
      'reservation.completed',
      'task.completed',
    ]);
  });

  it.each([
    ['rejected', 'reservation.rejected', 'task.transfer-failed', 'failed'],
    ['timeout', 'reservation.timeout', 'task.transfer-failed', 'failed'],
    ['canceled', 'reservation.canceled', 'task.transfer-canceled', 'canceled'],
  ] as const)('of a transfer whose offer is %s', (status, event, ending, transferStatus) => {
    accepted();
    const to = store.transfer(task, 'grace', 'WARM');
    emitted();
    store.moveReservation(task, to, status);
    expect(events.at(-1)).toMatchObject({ transfer: { status: transferStatus } });
    expect(emitted()).toEqual([event, ending]);
    expect(task.status).toBe('assigned');
  });

  it('nothing more of a transfer when who got it is done', () => {
    accepted();
    const to = store.transfer(task, 'grace', 'WARM');
    store.moveReservation(task, to, 'accepted');
    emitted();
    store.moveReservation(task, to, 'wrapping');
    store.moveReservation(task, to, 'completed');
    expect(emitted()).toEqual(['reservation.wrapup', 'reservation.completed']);
  });

  it('of the next transfer by who got the last one', () => {
    accepted();
    const grace = store.transfer(task, 'grace', 'COLD');
    store.moveReservation(task, grace, 'accepted');
    emitted();
    store.transfer(task, 'edsger', 'COLD');
    expect(events[0]?.transfer).toMatchObject({ fromReservationSid: grace.sid });
    expect(grace.status).toBe('wrapping');
  });

  it('nothing of a transfer while another one is on offer, for it is refused', () => {
    accepted();
    store.transfer(task, 'grace', 'WARM');
    emitted();
    expect(() => store.transfer(task, 'edsger', 'WARM')).toThrow(/because it is reserved/);
    expect(emitted()).toEqual([]);
  });
});
