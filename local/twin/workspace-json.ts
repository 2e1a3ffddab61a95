import { printTime } from './task-json.ts';
import { activityNameOf, type StoredWorkspace } from './workspace.ts';

/**
 * A Workspace as Twilio prints it; its own URL is `url`.
 * Source: https://www.twilio.com/docs/taskrouter/api/workspace
 */
export const printWorkspace = (workspace: StoredWorkspace, url: string) => ({
  account_sid: workspace.accountSid,
  date_created: printTime(workspace.createdAt),
  date_updated: printTime(workspace.updatedAt),
  default_activity_name: activityNameOf(workspace.defaultActivitySid),
  default_activity_sid: workspace.defaultActivitySid,
  event_callback_url: workspace.eventCallbackUrl,
  events_filter: workspace.eventsFilter,
  friendly_name: workspace.friendlyName,
  multi_task_enabled: workspace.multiTaskEnabled,
  prioritize_queue_order: workspace.prioritizeQueueOrder,
  sid: workspace.sid,
  timeout_activity_name: activityNameOf(workspace.timeoutActivitySid),
  timeout_activity_sid: workspace.timeoutActivitySid,
  url,
  links: {
    activities: `${url}/Activities`,
    statistics: `${url}/Statistics`,
    real_time_statistics: `${url}/RealTimeStatistics`,
    cumulative_statistics: `${url}/CumulativeStatistics`,
    task_queues: `${url}/TaskQueues`,
    tasks: `${url}/Tasks`,
    workers: `${url}/Workers`,
    workflows: `${url}/Workflows`,
    task_channels: `${url}/TaskChannels`,
    events: `${url}/Events`,
  },
});
