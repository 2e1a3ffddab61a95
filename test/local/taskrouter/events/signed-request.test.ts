import { describe, expect, it } from 'vitest';
import { createEvent, type EmulatedEvent } from '../../../../local/taskrouter/events/event.ts';
import { toCallbackForm, toCloudEvent } from '../../../../local/taskrouter/events/payloads.ts';
import { stableSid } from '../../../../local/taskrouter/sids.ts';
import {
  defaultQueueSid,
  defaultWorkflowSid,
} from '../../../../local/taskrouter/tasks/task-json.ts';
import {
  newWorkspace,
  type StoredReservation,
  type StoredTask,
  type StoredTransfer,
} from '../../../../local/taskrouter/tasks/types.ts';

const createdAt = Date.parse('2026-01-02T03:04:05.678Z');
const at = createdAt + 61_500;
const workspace = newWorkspace(`AC${'a'.repeat(32)}`, `WS${'c'.repeat(32)}`, 0);

const task: StoredTask = {
  sid: `WT${'1'.repeat(32)}`,
  number: 1,
  attributes: '{ "name": "Zoë & Ann = 1+1" }',
  priority: 7,
  timeout: 60,
  taskChannel: 'voice',
  workflowSid: defaultWorkflowSid,
  taskQueueSid: defaultQueueSid,
  routingTarget: null,
  ignoreCapacity: false,
  createdAt,
  updatedAt: createdAt,
  virtualStartTime: createdAt,
  status: 'assigned',
  reason: null,
  version: 3,
  finishedAt: undefined,
  reservations: [],
};
const reservation: StoredReservation = {
  sid: `WR${'2'.repeat(32)}`,
  number: 2,
  workerSid: stableSid('WK', 'ada'),
  workerName: 'ada',
  createdAt,
  updatedAt: createdAt,
  status: 'accepted',
  version: 1,
  transfer: undefined,
};
const transfer: StoredTransfer = {
  sid: `TT${'3'.repeat(32)}`,
  mode: 'COLD',
  fromReservationSid: reservation.sid,
  fromWorkerSid: reservation.workerSid,
  toWorkerSid: stableSid('WK', 'grace'),
  startedAt: createdAt + 1000,
  status: 'initiated',
  failedReason: null,
};
const ofTask = createEvent({ type: 'task.updated' }, task, workspace, at);
const reserved = createEvent({ type: 'reservation.accepted', reservation }, task, workspace, at);
const transferred = createEvent({ type: 'task.transfer-initiated', transfer }, task, workspace, at);

const common = {
  AccountSid: workspace.accountSid,
  WorkspaceSid: workspace.sid,
  WorkspaceName: 'Flex Task Assignment',
  Timestamp: '1767323107',
  TimestampMs: '1767323107178',
  TaskSid: task.sid,
  TaskAttributes: task.attributes,
  TaskAge: '61',
  TaskDateCreated: '1767323045',
  TaskPriority: '7',
  TaskAssignmentStatus: 'assigned',
  TaskVersion: '3',
  TaskChannelSid: stableSid('TC', 'voice'),
  TaskChannelUniqueName: 'voice',
  TaskQueueSid: defaultQueueSid,
  TaskQueueName: 'Everyone',
  TaskQueueEnteredDate: '1767323045',
  WorkflowSid: defaultWorkflowSid,
  WorkflowName: 'Assign to Anyone',
};
describe('an event callback', () => {
  it.each<[string, EmulatedEvent, string, string, object]>([
    ['a Task has the fields of the Task', ofTask, 'task', task.sid, {}],
    [
      'a reservation has those of the reservation and its worker too',
      reserved,
      'reservation',
      reservation.sid,
      {
        ReservationSid: reservation.sid,
        ReservationVersion: '1',
        WorkerSid: reservation.workerSid,
        WorkerName: 'ada',
        WorkerActivityName: 'Available',
        WorkerActivitySid: stableSid('WA', 'Available'),
        WorkerAttributes: '{}',
      },
    ],
    [
      'a transfer names its two workers',
      transferred,
      'transfer',
      transfer.sid,
      {
        TaskTransferSid: transfer.sid,
        TransferType: 'WORKER',
        TransferMode: 'COLD',
        TransferInitiatingReservationSid: reservation.sid,
        TransferInitiatingWorkerSid: reservation.workerSid,
        TransferTo: transfer.toWorkerSid,
        TransferStarted: '1767323046',
        TransferStatus: 'initiated',
      },
    ],
  ])('of %s', (_, event, resource, sid, fields) => {
    expect(toCallbackForm(event)).toEqual({
      ...common,
      ...fields,
      EventType: event.type,
      Sid: event.sid,
      EventDescription: `${resource} ${sid}: ${event.type}`,
      ResourceType: resource,
      ResourceSid: sid,
    });
  });

  it.each([
    ['completed', 'TaskCompletedReason', 'TaskCanceledReason'],
    ['canceled', 'TaskCanceledReason', 'TaskCompletedReason'],
  ] as const)('of a Task that is %s has the reason for that', (status, field, other) => {
    const ended = { ...task, status, reason: 'hangup' };
    const form = toCallbackForm(createEvent({ type: `task.${status}` }, ended, workspace, at));
    expect(form[field]).toBe('hangup');
    expect(form).not.toHaveProperty(other);
  });
});

describe('an event of Event Streams', () => {
  it('is a CloudEvent', () => {
    expect(toCloudEvent(reserved)).toMatchObject({
      specversion: '1.0',
      type: 'com.twilio.taskrouter.reservation.accepted',
      source: workspace.accountSid,
      id: expect.stringMatching(/^NO[0-9a-f]{32}$/),
      dataschema: 'https://events-schemas.twilio.com/TaskRouter.WDSEvent/4',
      datacontenttype: 'application/json',
      data: {
        sid: reserved.sid,
        name: 'ReservationAccepted',
        account_sid: workspace.accountSid,
        timestamp: '2026-01-02T03:05:07.178Z',
        group: 'reservation',
        product_name: 'TaskRouter',
        payload: { sid: reserved.sid, task_age: 61, workflow_name: 'Assign to Anyone' },
      },
    });
    const { payload } = JSON.parse(JSON.stringify(toCloudEvent(reserved))).data;
    expect(payload.task_date_created).toBe('2026-01-02T03:04:05.678Z');
  });

  it.each([ofTask, reserved, transferred])(
    'of type $type has the fields of the callback in lower case, times in ISO 8601',
    (event) => {
      const printed = JSON.parse(JSON.stringify(toCloudEvent(event).data.payload));
      const { timestamp, eventtype, ...payload } = printed;
      const { Timestamp: _, TimestampMs, EventType, ...form } = toCallbackForm(event);
      expect([Date.parse(timestamp), eventtype]).toEqual([Number(TimestampMs), EventType]);
      const asInForm = (value: string | number) =>
        /^\d{4}-.*Z$/.test(`${value}`) ? Math.floor(Date.parse(`${value}`) / 1000) : value;
      const expected = Object.entries(form).map(([name, value]) => [
        name.replaceAll(/(?<!^)[A-Z]/g, '_$&').toLowerCase(),
        value,
      ]);
      for (const [name, value] of Object.entries<string | number>(payload)) {
        payload[name] = `${asInForm(value)}`;
      }
      expect(payload).toEqual(Object.fromEntries(expected));
    },
  );

  it('has an id of its own, and keeps it', () => {
    const events = [ofTask, reserved, transferred];
    expect(new Set(events.map((event) => toCloudEvent(event).id)).size).toBe(3);
    expect(toCloudEvent(ofTask)).toEqual(toCloudEvent(ofTask));
  });
});
