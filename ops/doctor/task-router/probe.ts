import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { jsonText } from '../../../shared/json.ts';
import type { Criterion } from '../../../shared/taskrouter/criteria.ts';
import { toExpressions } from '../../../shared/taskrouter/expression.ts';
import {
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../../shared/taskrouter/http.ts';

/** A response of Twilio, without the content of Tasks. */
export interface ProbeResponse {
  status: number;
  /** Twilio's error code. */
  code?: number | undefined;
  /** Whether it is a list of Tasks or of reservations. */
  isList: boolean;
  /** SIDs of the accounts that own the listed Tasks. */
  accounts: readonly string[];
}

/** A response, or why there was none. */
export type ProbeOutcome = ProbeResponse | { noAnswer: string };

interface ProbeOptions {
  username: string;
  password: string;
  workspaceSid: string;
  taskRouterUrl: string;
}

const OwnedTask = z.object({ account_sid: z.string().optional() });

const TaskList = jsonText(z.object({ tasks: z.array(OwnedTask) }));

const ReservationList = jsonText(z.object({ reservations: z.array(z.unknown()) }));

const TwilioErrorBody = jsonText(z.object({ code: z.int() }));

/** Creates a function that tries an operation without changing anything. It never rejects. */
export function createProbe({
  username,
  password,
  workspaceSid,
  taskRouterUrl: url,
}: ProbeOptions) {
  const timeouts = { connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };
  const send = createHttpClient({ url, username, password, ...timeouts });
  const taskSid = `WT${randomBytes(16).toString('hex')}`;
  return ({ request }: ProbedOperation): Promise<ProbeOutcome> =>
    send(request(workspaceSid, taskSid)).then(parseResponse, (error: NodeJS.ErrnoException) => ({
      noAnswer: errorReason(error),
    }));
}

/** One operation of sync at TaskRouter, and a request that tries it without changing anything. */
export interface ProbedOperation {
  about: string;
  /**
   * The permission that a restricted API key needs.
   * Source: https://www.twilio.com/docs/iam/api-keys/restricted-api-keys
   */
  permission: string;
  /** @param taskSid the SID of a Task that does not exist */
  request: (workspaceSid: string, taskSid: string) => HttpRequest;
  /** The statuses of the response if the key has the permission. */
  allowedStatuses: readonly number[];
}

/** One criterion for each kind of search of sync, with values that no Task has. */
const criteria: readonly Criterion[] = [
  { attribute: 'call_sid', match: 'equal', value: `CA${'0'.repeat(32)}` },
  { attribute: 'crm_media_sync', match: 'ledger', value: 'doctor/0' },
];

/** An ETag that no Task has. */
const unusedEtag = '"999999999"';

/** This operation proves that the Workspace exists. For other operations, a 404 is the expected response. */
export const listTasks: ProbedOperation = {
  about: 'list Tasks',
  permission: 'workspaces.tasks/list',
  request: (workspaceSid) => ({
    method: 'GET',
    uri: tasksUri(workspaceSid),
    params: { PageSize: 1 },
  }),
  allowedStatuses: [200],
};

/** All operations of sync at TaskRouter. */
export const taskRouterOperations: readonly ProbedOperation[] = [
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
    // This changes nothing, for three reasons: the Task, the ETag and the field to change do not exist.
    request: (workspaceSid, taskSid) => ({
      method: 'POST',
      uri: taskUri(workspaceSid, taskSid),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'If-Match': unusedEtag },
      data: {},
    }),
    allowedStatuses: [404, 412],
  },
];

function parseResponse({ statusCode: status, body }: HttpResponse): ProbeResponse {
  const tasks = TaskList.safeParse(body).data?.tasks;
  return {
    status,
    code: TwilioErrorBody.safeParse(body).data?.code,
    isList: tasks !== undefined || ReservationList.safeParse(body).success,
    accounts: (tasks ?? []).flatMap(({ account_sid }) => account_sid ?? []),
  };
}

/** Messages that start with "no " are our own timeouts. A message of Node may quote the request. */
function errorReason(error: NodeJS.ErrnoException): string {
  return error.code ?? (error.message.startsWith('no ') ? error.message : 'the connection broke');
}

function tasksUri(workspaceSid: string): string {
  return `/v1/Workspaces/${workspaceSid}/Tasks`;
}

function taskUri(workspaceSid: string, taskSid: string): string {
  return `${tasksUri(workspaceSid)}/${taskSid}`;
}
