import { etagOf } from './if-match.ts';
import { stableSid } from './sids.ts';
import type { StoredReservation, StoredTask } from './stored.ts';

/** Where printed things live: the Workspace's own URL is `url`. */
export interface Workspace {
  readonly accountSid: string;
  readonly workspaceSid: string;
  readonly url: string;
}

const queueName = 'Everyone';
const workflowName = 'Assign to Anyone';
export const defaultQueueSid = stableSid('WQ', queueName);
export const defaultWorkflowSid = stableSid('WW', workflowName);

/** Task channels that every Workspace has. */
const channels = ['default', 'chat', 'sms', 'video', 'voice'];

/** A time as Twilio prints it: `2014-05-14T10:50:02Z`, whole seconds. */
export const printTime = (time: number): string =>
  new Date(time).toISOString().replace(/\.[0-9]{3}Z$/, 'Z');

/** A Task channel is asked for by its SID or its unique name. */
export const channelOf = (asked: string) =>
  /^TC[0-9a-fA-F]{32}$/.test(asked)
    ? { sid: asked, name: channels.find((name) => stableSid('TC', name) === asked) ?? null }
    : { sid: stableSid('TC', asked), name: asked };

export const queueNameOf = (sid: string) => (sid === defaultQueueSid ? queueName : null);
export const workflowNameOf = (sid: string) => (sid === defaultWorkflowSid ? workflowName : null);

const taskUrl = (task: StoredTask, workspace: Workspace) => `${workspace.url}/Tasks/${task.sid}`;

/**
 * A Task as Twilio prints it. The attributes are the text that was stored.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#task-properties
 */
export const printTask = (task: StoredTask, workspace: Workspace, now: number) => {
  const url = taskUrl(task, workspace);
  const channel = channelOf(task.taskChannel);
  return {
    account_sid: workspace.accountSid,
    age: Math.floor((now - task.createdAt) / 1000),
    assignment_status: task.status,
    attributes: task.attributes,
    addons: '{}',
    date_created: printTime(task.createdAt),
    date_updated: printTime(task.updatedAt),
    task_queue_entered_date: printTime(task.createdAt),
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
    virtual_start_time: printTime(task.virtualStartTime),
    ignore_capacity: task.ignoreCapacity,
    routing_target: task.routingTarget,
  };
};

/**
 * A reservation as Twilio prints it.
 * Source: https://www.twilio.com/docs/taskrouter/api/reservations
 */
export const printReservation = (
  reservation: StoredReservation,
  task: StoredTask,
  workspace: Workspace,
) => ({
  account_sid: workspace.accountSid,
  date_created: printTime(reservation.createdAt),
  date_updated: printTime(reservation.updatedAt),
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
});

/** Headers of an answer with one Task or one reservation. */
export const versionHeaders = ({ version }: { version: number }) => ({ ETag: etagOf(version) });
