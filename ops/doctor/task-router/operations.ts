import type { Criterion } from '../../../shared/taskrouter/correlation.ts';
import { toExpressions } from '../../../shared/taskrouter/expression.ts';
import type { HttpRequest } from '../../../shared/taskrouter/http-client.ts';

/** One thing that the sync does at TaskRouter, and how it is tried out so that nothing is changed. */
export interface TaskRouterOperation {
  readonly about: string;
  /**
   * What a restricted API key needs for it.
   * Source: https://www.twilio.com/docs/iam/api-keys/restricted-api-keys
   */
  readonly permission: string;
  /** @param taskSid of a Task that does not exist */
  readonly request: (workspaceSid: string, taskSid: string) => HttpRequest;
  /** Statuses that a key which may do it is answered with. */
  readonly allowedStatuses: readonly number[];
}

const tasksUri = (workspaceSid: string): string => `/v1/Workspaces/${workspaceSid}/Tasks`;
const taskUri = (workspaceSid: string, taskSid: string): string =>
  `${tasksUri(workspaceSid)}/${taskSid}`;

/** One of each kind of expression that the sync makes, of signs that no Task bears. */
const criteria: readonly Criterion[] = [
  { attribute: 'call_sid', match: 'equal', value: `CA${'0'.repeat(32)}` },
  { attribute: 'crm_media_sync', match: 'ledger', value: 'doctor/0' },
];

/** The ETag of no version ever. */
const unusedEtag = '"999999999"';

/** Tells first of all whether the Workspace is there: for the others a 404 is right. */
export const listTasks: TaskRouterOperation = {
  about: 'list Tasks',
  permission: 'workspaces.tasks/list',
  request: (workspaceSid) => ({
    method: 'GET',
    uri: tasksUri(workspaceSid),
    params: { PageSize: 1 },
  }),
  allowedStatuses: [200],
};

/** All that the sync does at TaskRouter. */
export const taskRouterOperations: readonly TaskRouterOperation[] = [
  listTasks,
  {
    about: 'search Tasks',
    permission: 'workspaces.tasks/list',
    request: (workspaceSid) => {
      const EvaluateTaskAttributes = toExpressions(criteria) ?? [];
      return {
        method: 'GET',
        uri: tasksUri(workspaceSid),
        params: { PageSize: 1, EvaluateTaskAttributes },
      };
    },
    allowedStatuses: [200],
  },
  {
    about: 'read a Task',
    permission: 'workspaces.tasks/read',
    request: (workspaceSid, taskSid) => ({ method: 'GET', uri: taskUri(workspaceSid, taskSid) }),
    allowedStatuses: [404],
  },
  {
    about: 'list reservations',
    permission: 'workspaces.tasks.reservations/list',
    request: (workspaceSid, taskSid) => ({
      method: 'GET',
      uri: `${taskUri(workspaceSid, taskSid)}/Reservations`,
      params: { PageSize: 1 },
    }),
    allowedStatuses: [200, 404],
  },
  {
    about: 'update a Task',
    permission: 'workspaces.tasks/update',
    // It changes nothing for three reasons: no such Task, no such version, and no field to change.
    request: (workspaceSid, taskSid) => ({
      method: 'POST',
      uri: taskUri(workspaceSid, taskSid),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'If-Match': unusedEtag },
      data: {},
    }),
    allowedStatuses: [404, 412],
  },
];
