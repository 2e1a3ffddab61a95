import { stableSid } from '../sids.ts';
import { channelOf, queueNameOf, workflowNameOf } from '../task-json.ts';
import type {
  ReservationSnapshot,
  TaskSnapshot,
  TransferSnapshot,
  TwinEvent,
} from './twin-event.ts';

export type EventField = string | number | Date;
type Fields = Readonly<Record<string, EventField | null | undefined>>;

const secondsBetween = (from: number, to: number) => Math.floor((to - from) / 1000);

const taskFields = (task: TaskSnapshot, at: number): Fields => {
  const channel = channelOf(task.taskChannel);
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
};

const activity = 'Available';

const reservationFields = (reservation: ReservationSnapshot): Fields => ({
  reservation_sid: reservation.sid,
  reservation_version: reservation.version,
  worker_sid: reservation.workerSid,
  worker_name: reservation.workerName,
  worker_attributes: '{}',
  worker_activity_sid: stableSid('WA', activity),
  worker_activity_name: activity,
});

const transferFields = (transfer: TransferSnapshot): Fields => ({
  task_transfer_sid: transfer.sid,
  transfer_type: 'WORKER',
  transfer_mode: transfer.mode,
  transfer_initiating_worker_sid: transfer.fromWorkerSid,
  transfer_initiating_reservation_sid: transfer.fromReservationSid,
  transfer_to: transfer.toWorkerSid,
  transfer_started: new Date(transfer.startedAt),
  transfer_status: transfer.status,
  transfer_failed_reason: transfer.failedReason,
});

const resourceOf = ({ task, reservation, transfer }: TwinEvent) => {
  if (transfer !== undefined) return { type: 'transfer', sid: transfer.sid };
  if (reservation !== undefined) return { type: 'reservation', sid: reservation.sid };
  return { type: 'task', sid: task.sid };
};

/**
 * The fields of an event that both ways of telling it have, under the names of Event Streams; those
 * of the event callback are the same words in other letters. What there is nothing to say of is left
 * out. Twilio shows them by one example for events of all types. That the fields of a transfer are
 * called so, and that `resource_type` is in small letters and can be `transfer`, is taken from public
 * code that reads them, such as Twilio's own template.
 * Sources: https://www.twilio.com/docs/taskrouter/api/event/reference
 * https://www.twilio.com/docs/events/event-types/taskrouter/task
 * https://github.com/twilio-professional-services/flex-project-template
 */
export const eventFields = (event: TwinEvent): Readonly<Record<string, EventField>> => {
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
};
