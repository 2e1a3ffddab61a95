import { stableSid } from '../sids.ts';
import { queueNameOf, taskChannelOf, workflowNameOf } from '../tasks/task-json.ts';
import {
  type EmulatedEvent,
  eventStreamsPrefix,
  type ReservationSnapshot,
  type TaskSnapshot,
  type TransferSnapshot,
} from './event.ts';

/** The schema of TaskRouter's events, and its latest version. */
export const schemaId = 'TaskRouter.WDSEvent';

export const schemaVersion = 4;

/**
 * An event as Event Streams sends it. An event that is sent again keeps its `id`. In Twilio's example,
 * `datacontenttype` holds a time and `source` an unknown SID, and `time` is missing. The emulator sends the content
 * type, the account's SID and the time, as Event Streams does for other Twilio products.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/task
 */
export function toCloudEvent(event: EmulatedEvent) {
  const timestamp = new Date(event.at).toISOString();
  const { accountSid, friendlyName } = event.workspace;
  const payload: Readonly<Record<string, EventField>> = {
    sid: event.sid,
    eventtype: event.type,
    timestamp,
    ...eventFields(event),
  };
  return {
    specversion: '1.0',
    type: eventStreamsPrefix + event.type,
    source: accountSid,
    id: event.sid.replace(/^EV/, 'NO'),
    dataschema: `https://events-schemas.twilio.com/${schemaId}/${schemaVersion}`,
    datacontenttype: 'application/json',
    time: timestamp,
    data: {
      sid: event.sid,
      name: eventName(event.type),
      account_sid: accountSid,
      timestamp,
      level: 'INFO',
      group: event.type.slice(0, event.type.indexOf('.')),
      product_name: 'TaskRouter',
      publisher: friendlyName,
      publisher_metadata: '{}',
      payload_type: 'application/json',
      payload,
    },
  };
}

export type CloudEvent = ReturnType<typeof toCloudEvent>;

/**
 * An event as the form fields of an event callback, not yet URL-encoded. Times are seconds since 1970, except
 * `TimestampMs`.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export function toCallbackForm(event: EmulatedEvent): Readonly<Record<string, string>> {
  return {
    EventType: event.type,
    Sid: event.sid,
    Timestamp: toUnixSeconds(event.at),
    TimestampMs: String(event.at),
    ...Object.fromEntries(
      Object.entries(eventFields(event)).map(([name, value]) => [
        toPascalCase(name),
        formatField(value),
      ]),
    ),
  };
}

type EventField = string | number | Date;

type Fields = Readonly<Record<string, EventField | null | undefined>>;

const workerActivity = 'Available';

/** The event's name in words, e.g. `TaskTransferInitiated` for `task.transfer-initiated`. */
function eventName(type: string): string {
  return type
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function toPascalCase(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function toUnixSeconds(time: number): string {
  return String(Math.floor(time / 1000));
}

function formatField(value: EventField): string {
  return value instanceof Date ? toUnixSeconds(value.getTime()) : String(value);
}

function secondsBetween(from: number, to: number) {
  return Math.floor((to - from) / 1000);
}

function taskFields(task: TaskSnapshot, at: number): Fields {
  const channel = taskChannelOf(task.taskChannel);
  return {
    task_sid: task.sid,
    task_attributes: task.attributes,
    task_age: secondsBetween(task.createdAt, at),
    task_date_created: new Date(task.createdAt),
    task_priority: task.priority,
    task_assignment_status: task.status,
    task_completed_reason: task.status === 'completed' ? task.reason : null,
    task_canceled_reason: task.status === 'canceled' ? task.reason : null,
    task_version: task.version,
    task_routing_target: task.routingTarget,
    task_channel_sid: channel.sid,
    task_channel_unique_name: channel.name,
    task_queue_sid: task.taskQueueSid,
    task_queue_name: queueNameOf(task.taskQueueSid),
    task_queue_entered_date: new Date(task.createdAt),
    workflow_sid: task.workflowSid,
    workflow_name: workflowNameOf(task.workflowSid),
  };
}

function reservationFields(reservation: ReservationSnapshot): Fields {
  return {
    reservation_sid: reservation.sid,
    reservation_version: reservation.version,
    worker_sid: reservation.workerSid,
    worker_name: reservation.workerName,
    worker_attributes: '{}',
    worker_activity_sid: stableSid('WA', workerActivity),
    worker_activity_name: workerActivity,
  };
}

function transferFields(transfer: TransferSnapshot): Fields {
  return {
    task_transfer_sid: transfer.sid,
    transfer_type: 'WORKER',
    transfer_mode: transfer.mode,
    transfer_initiating_worker_sid: transfer.fromWorkerSid,
    transfer_initiating_reservation_sid: transfer.fromReservationSid,
    transfer_to: transfer.toWorkerSid,
    transfer_started: new Date(transfer.startedAt),
    transfer_status: transfer.status,
    transfer_failed_reason: transfer.failedReason,
  };
}

function resourceOf({ task, reservation, transfer }: EmulatedEvent) {
  if (transfer !== undefined) return { type: 'transfer', sid: transfer.sid };
  if (reservation !== undefined) return { type: 'reservation', sid: reservation.sid };
  return { type: 'task', sid: task.sid };
}

/**
 * The fields that an event has in Event Streams and in the event callback, with the names of Event Streams. The
 * callback writes the same names in capitals. Fields without a value are left out.
 *
 * Twilio documents one example for all types. Public code that reads these events, such as Twilio's template, shows
 * two more facts: the names of a transfer's fields, and that `resource_type` is in lower case and can be
 * `transfer`.
 * Sources: https://www.twilio.com/docs/taskrouter/api/event/reference
 * https://www.twilio.com/docs/events/event-types/taskrouter/task
 * https://github.com/twilio-professional-services/flex-project-template
 */
function eventFields(event: EmulatedEvent): Readonly<Record<string, EventField>> {
  const resource = resourceOf(event);
  const fields: Fields = {
    account_sid: event.workspace.accountSid,
    workspace_sid: event.workspace.sid,
    workspace_name: event.workspace.friendlyName,
    event_description: `${resource.type} ${resource.sid}: ${event.type}`,
    resource_type: resource.type,
    resource_sid: resource.sid,
    ...taskFields(event.task, event.at),
    ...(event.reservation && reservationFields(event.reservation)),
    ...(event.transfer && transferFields(event.transfer)),
  };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, value]],
    ),
  );
}
