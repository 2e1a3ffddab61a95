import { beforeEach, describe, expect, it } from 'vitest';
import type { EmulatedEvent } from '../../../../local/taskrouter/events/event.ts';
import { TaskStore } from '../../../../local/taskrouter/tasks/store.ts';
import type {
  StoredReservation,
  StoredTask,
  TaskChange,
  TransferMode,
} from '../../../../local/taskrouter/tasks/types.ts';
import type { ReservationStatus } from '../../../../shared/messages/segments.ts';
import { taskFields } from '../store-tasks.ts';

describe('a store emits', () => {
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
    events.length = 0;
  });
  const emitted = () => events.splice(0).map(({ type }) => type);
  const update = (change: TaskChange) => store.update(task, change);
  const move = (reservation: StoredReservation, ...way: ReservationStatus[]) => {
    for (const status of way) store.moveReservation(task, reservation, status);
    return reservation;
  };
  const offer = (workerName = 'ada') => store.offer(task, workerName);
  /** A transfer of the Task from who has accepted it; the events so far do not count. */
  const transferred = (mode: TransferMode) => {
    const from = move(offer(), 'accepted');
    emitted();
    return { from, to: store.transfer(task, 'grace', mode) };
  };

  it.each<[string, () => unknown, string[]]>([
    ['a new Task', () => store.create(taskFields()), ['task.created']],
    ['a write of attributes', () => update({ attributes: '{"a":1}' }), ['task.updated']],
    ['no other update', () => update({ priority: 3 }), []],
    [
      'the whole life of a reservation and its Task, the reservation first',
      () => move(offer(), 'accepted', 'wrapping', 'completed'),
      [
        ...['reservation.created', 'reservation.accepted', 'reservation.wrapup', 'task.wrapup'],
        ...['reservation.completed', 'task.completed'],
      ],
    ],
    ...(['rejected', 'timeout', 'canceled', 'rescinded'] as const).map(
      (status): [string, () => unknown, string[]] => [
        `an offer that is ${status}`,
        () => move(offer(), status),
        ['reservation.created', `reservation.${status}`],
      ],
    ),
    [
      'a Task that is canceled, after its offer',
      () => [offer(), update({ status: 'canceled', reason: 'hangup' })],
      ['reservation.created', 'reservation.canceled', 'task.canceled'],
    ],
    [
      'a Task that is canceled, after offers that were rejected and missed',
      () => [move(offer(), 'rejected'), move(offer(), 'timeout'), update({ status: 'canceled' })],
      [
        ...['reservation.created', 'reservation.rejected'],
        ...['reservation.created', 'reservation.timeout', 'task.canceled'],
      ],
    ],
    ['a Task that is deleted', () => store.remove(task), ['task.deleted']],
    [
      'nothing more of a transfer when who got it is done',
      () => {
        const { to } = transferred('WARM');
        emitted();
        move(to, 'accepted', 'wrapping', 'completed');
      },
      [
        ...['reservation.accepted', 'task.transfer-completed'],
        ...['reservation.wrapup', 'reservation.completed'],
      ],
    ],
  ])('of %s', (_, change, expected) => {
    change();
    expect(emitted()).toEqual(expected);
  });

  it('the end of the offers that another worker accepted first', () => {
    const [slow, fast] = [offer(), offer('grace')];
    emitted();
    move(fast, 'accepted');
    expect(events.map(({ type, reservation }) => [type, reservation?.sid])).toEqual([
      ['reservation.accepted', fast.sid],
      ['reservation.rescinded', slow.sid],
    ]);
  });

  it('events of reservations that follow an update of their Task', () => {
    move(offer(), 'accepted');
    emitted();
    update({ status: 'wrapping' });
    expect(emitted()).toEqual(['reservation.wrapup', 'task.wrapup']);
    update({ status: 'completed', reason: 'done' });
    expect(emitted()).toEqual(['reservation.completed', 'task.completed']);
  });

  it('nothing for an update that is refused, or a Task that expires', () => {
    expect(() => update({ status: 'completed', attributes: '{"a":1}' })).toThrow(/Cannot complete/);
    expect(emitted()).toEqual([]);
    update({ status: 'canceled' });
    emitted();
    time += 1000;
    expect(store.find(task.sid)).toBeUndefined();
    expect(emitted()).toEqual([]);
  });

  it('the state at the time of the event, even if it changes later', () => {
    time += 5000;
    update({ attributes: '{"a":1}' });
    update({ attributes: '{"a":2}', priority: 7 });
    const reservation = move(offer(), 'accepted', 'completed');
    const [first, second, offered] = events;
    expect(first).toMatchObject({ at: 1_005_000, task: { attributes: '{"a":1}', priority: 0 } });
    expect(second).toMatchObject({ task: { attributes: '{"a":2}', priority: 7, version: 2 } });
    expect(offered).toMatchObject({
      task: { status: 'reserved' },
      reservation: { sid: reservation.sid, status: 'pending', workerName: 'ada' },
    });
  });

  it('each event with its own state, even if a listener changes the Task', () => {
    const seen: string[][] = [];
    const busy: TaskStore = new TaskStore(
      () => time,
      () => 1000,
      (event) => {
        seen.push([event.type, event.task.attributes, event.task.status]);
        const found = busy.find(event.task.sid);
        if (event.type === 'reservation.completed' && found !== undefined) {
          busy.update(found, { attributes: '{"seen":true}' });
        }
      },
    );
    const own = busy.create(taskFields());
    const reservation = busy.offer(own, 'ada');
    busy.moveReservation(own, reservation, 'accepted');
    busy.moveReservation(own, reservation, 'completed');
    expect(seen.slice(3)).toEqual([
      ['reservation.completed', '{}', 'completed'],
      ['task.updated', '{"seen":true}', 'completed'],
      ['task.completed', '{}', 'completed'],
    ]);
  });

  it('events of a warm transfer, whose sender stays until they leave', () => {
    const { from, to } = transferred('WARM');
    const [initiated] = events;
    expect(events.map(({ type, task }) => [type, task.status])).toEqual([
      ['task.transfer-initiated', 'reserved'],
      ['reservation.created', 'reserved'],
    ]);
    expect(initiated?.transfer).toMatchObject({
      mode: 'WARM',
      status: 'initiated',
      fromReservationSid: from.sid,
      fromWorkerSid: from.workerSid,
      toWorkerSid: to.workerSid,
    });
    emitted();
    move(to, 'accepted');
    expect(events.map(({ type, transfer }) => [type, transfer?.status])).toEqual([
      ['reservation.accepted', undefined],
      ['task.transfer-completed', 'complete'],
    ]);
    expect(initiated?.transfer?.status).toBe('initiated');
    expect([from.status, task.status]).toEqual(['accepted', 'assigned']);
  });

  it('events of a cold transfer, whose sender wraps up at once', () => {
    const { from, to } = transferred('COLD');
    const sent = ['task.transfer-initiated', 'reservation.wrapup', 'reservation.created'];
    expect(emitted()).toEqual(sent);
    move(from, 'completed');
    move(to, 'accepted', 'completed');
    expect(emitted()).toEqual([
      ...['reservation.completed', 'reservation.accepted', 'task.transfer-completed'],
      ...['reservation.completed', 'task.completed'],
    ]);
  });

  it.each([
    ['rejected', 'task.transfer-failed', 'failed'],
    ['timeout', 'task.transfer-failed', 'failed'],
    ['canceled', 'task.transfer-canceled', 'canceled'],
  ] as const)('of a transfer whose offer is %s', (status, ending, transferStatus) => {
    const { to } = transferred('WARM');
    emitted();
    move(to, status);
    expect(events.at(-1)).toMatchObject({ transfer: { status: transferStatus } });
    expect(emitted()).toEqual([`reservation.${status}`, ending]);
    expect(task.status).toBe('assigned');
  });

  it('events of the next transfer, from the worker who got the last one', () => {
    const { to } = transferred('COLD');
    move(to, 'accepted');
    emitted();
    store.transfer(task, 'edsger', 'COLD');
    expect(events[0]?.transfer).toMatchObject({ fromReservationSid: to.sid });
    expect(to.status).toBe('wrapping');
  });

  it('nothing for a transfer while another one is on offer, because it is refused', () => {
    transferred('WARM');
    emitted();
    expect(() => store.transfer(task, 'edsger', 'WARM')).toThrow(/because it is reserved/);
    expect(emitted()).toEqual([]);
  });
});
