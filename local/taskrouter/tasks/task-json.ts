import { etagOf } from '../http/request.ts';
import { stableSid } from '../sids.ts';
import type { StoredReservation, StoredTask } from './types.ts';

/** The Workspace of a Task or reservation, and the Workspace's URL. */
export interface WorkspaceRef {
  accountSid: string;
  workspaceSid: string;
  url: string;
}

const defaultQueueName = 'Everyone';

const defaultWorkflowName = 'Assign to Anyone';

export const defaultQueueSid = stableSid('WQ', defaultQueueName);

export const defaultWorkflowSid = stableSid('WW', defaultWorkflowName);

/** The Task channels that every Workspace has. */
const taskChannels = ['default', 'chat', 'sms', 'video', 'voice'];

/** A time as Twilio returns it: `2014-05-14T10:50:02Z`, in whole seconds. */
export function toIsoSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.[0-9]{3}Z$/, 'Z');
}

/** The Task channel of a request, by SID or unique name. */
export function taskChannelOf(sidOrName: string) {
  return /^TC[0-9a-fA-F]{32}$/.test(sidOrName)
    ? {
        sid: sidOrName,
        name: taskChannels.find((name) => stableSid('TC', name) === sidOrName) ?? null,
      }
    : { sid: stableSid('TC', sidOrName), name: sidOrName };
}

export function queueNameOf(sid: string) {
  return sid === defaultQueueSid ? defaultQueueName : null;
}

export function workflowNameOf(sid: string) {
  return sid === defaultWorkflowSid ? defaultWorkflowName : null;
}

/**
 * A Task as Twilio returns it. The attributes are the stored text, unchanged.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#task-properties
 */
export function taskToJson(task: StoredTask, workspace: WorkspaceRef, now: number) {
  const url = taskUrl(task, workspace);
  const channel = taskChannelOf(task.taskChannel);
  return {
    account_sid: workspace.accountSid,
    age: Math.floor((now - task.createdAt) / 1000),
    assignment_status: task.status,
    attributes: task.attributes,
    addons: '{}',
    date_created: toIsoSeconds(task.createdAt),
    date_updated: toIsoSeconds(task.updatedAt),
    task_queue_entered_date: toIsoSeconds(task.createdAt),
    priority: task.priority,
    reason: task.reason,
    sid: task.sid,
    task_queue_sid: task.taskQueueSid,
    task_queue_friendly_name: queueNameOf(task.taskQueueSid),
    task_channel_sid: channel.sid,
    task_channel_unique_name: channel.name,
    timeout: task.timeout,
    workflow_sid: task.workflowSid,
    workflow_friendly_name: workflowNameOf(task.workflowSid),
    workspace_sid: workspace.workspaceSid,
    url,
    links: {
      workspace: workspace.url,
      workflow: `${workspace.url}/Workflows/${task.workflowSid}`,
      task_queue: `${workspace.url}/TaskQueues/${task.taskQueueSid}`,
      reservations: `${url}/Reservations`,
    },
    virtual_start_time: toIsoSeconds(task.virtualStartTime),
    ignore_capacity: task.ignoreCapacity,
    routing_target: task.routingTarget,
  };
}

/**
 * A reservation as Twilio returns it.
 * Source: https://www.twilio.com/docs/taskrouter/api/reservations
 */
export function reservationToJson(
  reservation: StoredReservation,
  task: StoredTask,
  workspace: WorkspaceRef,
) {
  return {
    account_sid: workspace.accountSid,
    date_created: toIsoSeconds(reservation.createdAt),
    date_updated: toIsoSeconds(reservation.updatedAt),
    reservation_status: reservation.status,
    sid: reservation.sid,
    task_sid: task.sid,
    worker_name: reservation.workerName,
    worker_sid: reservation.workerSid,
    workspace_sid: workspace.workspaceSid,
    url: `${taskUrl(task, workspace)}/Reservations/${reservation.sid}`,
    links: {
      task: taskUrl(task, workspace),
      worker: `${workspace.url}/Workers/${reservation.workerSid}`,
      workspace: workspace.url,
    },
  };
}

/** The headers of a response with one Task or one reservation. */
export function etagHeaders({ version }: { version: number }) {
  return { ETag: etagOf(version) };
}

function taskUrl(task: StoredTask, workspace: WorkspaceRef) {
  return `${workspace.url}/Tasks/${task.sid}`;
}
