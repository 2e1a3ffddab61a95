import fc from 'fast-check';
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it } from 'vitest';
import {
  createEvent,
  type EmulatedEvent,
  eventTypes,
} from '../../../../local/taskrouter/events/event.ts';
import { toCallbackForm, toCloudEvent } from '../../../../local/taskrouter/events/payloads.ts';
import {
  callbackRequest,
  eventStreamsRequest,
} from '../../../../local/taskrouter/events/signed-request.ts';
import { stableSid } from '../../../../local/taskrouter/sids.ts';
import {
  defaultQueueSid,
  defaultWorkflowSid,
} from '../../../../local/taskrouter/tasks/task-json.ts';
import type {
  StoredReservation,
  StoredTask,
  StoredTransfer,
} from '../../../../local/taskrouter/tasks/types.ts';
import { newWorkspace } from '../../../../local/taskrouter/tasks/workspace.ts';

const token = '0123456789abcdef0123456789abcdef';
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
const ofReservation = createEvent(
  { type: 'reservation.accepted', reservation },
  task,
  workspace,
  at,
);
const ofTransfer = createEvent({ type: 'task.transfer-initiated', transfer }, task, workspace, at);

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
      ofReservation,
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
      ofTransfer,
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
  it('is a CloudEvent with the same fields in its payload, times in ISO 8601', () => {
    expect(toCloudEvent(ofReservation)).toMatchObject({
      specversion: '1.0',
      type: 'com.twilio.taskrouter.reservation.accepted',
      source: workspace.accountSid,
      id: expect.stringMatching(/^NO[0-9a-f]{32}$/),
      dataschema: 'https://events-schemas.twilio.com/TaskRouter.WDSEvent/4',
      datacontenttype: 'application/json',
      data: {
        sid: ofReservation.sid,
        name: 'ReservationAccepted',
        account_sid: workspace.accountSid,
        timestamp: '2026-01-02T03:05:07.178Z',
        group: 'reservation',
        product_name: 'TaskRouter',
        payload: {
          sid: ofReservation.sid,
          eventtype: 'reservation.accepted',
          timestamp: '2026-01-02T03:05:07.178Z',
          task_sid: task.sid,
          task_attributes: task.attributes,
          task_age: 61,
          task_priority: 7,
          task_assignment_status: 'assigned',
          reservation_sid: reservation.sid,
          worker_sid: reservation.workerSid,
          workspace_sid: workspace.sid,
          workflow_name: 'Assign to Anyone',
        },
      },
    });
    const { payload } = JSON.parse(JSON.stringify(toCloudEvent(ofReservation))).data;
    expect(payload.task_date_created).toBe('2026-01-02T03:04:05.678Z');
  });

  it('describes a transfer as the callback does', () => {
    expect(toCloudEvent(ofTransfer).data).toMatchObject({
      name: 'TaskTransferInitiated',
      group: 'task',
      payload: {
        resource_type: 'transfer',
        transfer_mode: 'COLD',
        transfer_to: transfer.toWorkerSid,
        transfer_initiating_reservation_sid: reservation.sid,
      },
    });
  });

  it('has an id of its own, and keeps it', () => {
    const events = [ofTask, ofReservation, ofTransfer];
    expect(new Set(events.map((event) => toCloudEvent(event).id)).size).toBe(3);
    expect(toCloudEvent(ofTask)).toEqual(toCloudEvent(ofTask));
  });
});

const anyEvent: fc.Arbitrary<EmulatedEvent> = fc
  .record({ type: fc.constantFrom(...eventTypes), attributes: fc.string({ unit: 'binary' }) })
  .map(({ type, attributes }) => createEvent({ type }, { ...task, attributes }, workspace, at));

const urls = fc.constantFrom(
  'https://example.com/twilio/task-events',
  'https://example.com:8443/twilio/task-events?a=b&c=%20d',
  'http://127.0.0.1:4040/x',
);

describe('a request', () => {
  it('of a callback is signed as Twilio signs, over its URL and every field', () => {
    fc.assert(
      fc.property(anyEvent, urls, (event, url) => {
        const request = callbackRequest(event, url, token);
        const fields = Object.fromEntries(new URLSearchParams(request.body));
        const signature = request.headers['X-Twilio-Signature'] ?? '';
        expect(request.url).toBe(url);
        expect(validateRequest(token, signature, request.url, fields)).toBe(true);
        expect(validateRequest('another token', signature, request.url, fields)).toBe(false);
        const forged = { ...fields, TaskSid: `WT${'9'.repeat(32)}` };
        expect(validateRequest(token, signature, request.url, forged)).toBe(false);
      }),
    );
  });

  it('of Event Streams is signed as Twilio signs, over its URL and the hash of its body in it', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 3 }), urls, (events, url) => {
        const { headers, body, ...request } = eventStreamsRequest(events, url, token);
        const signature = headers['X-Twilio-Signature'] ?? '';
        expect(request.url.startsWith(url)).toBe(true);
        expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(events.map(toCloudEvent))));
        expect(validateRequestWithBody(token, signature, request.url, body)).toBe(true);
        expect(validateRequestWithBody(token, signature, request.url, `${body} `)).toBe(false);
        expect(validateRequestWithBody('another token', signature, request.url, body)).toBe(false);
      }),
    );
  });
});
