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

/** What Twilio answered, less all that a Task holds. */
export interface ProbeResponse {
  readonly status: number;
  /** Twilio's own code of an error. */
  readonly code?: number | undefined;
  /** Whether it lists Tasks, as TaskRouter does. */
  readonly isList: boolean;
  /** SIDs of the accounts that own what is listed. */
  readonly accounts: readonly string[];
}

/** An answer, or why there was none. */
export type ProbeOutcome = ProbeResponse | { readonly noAnswer: string };

interface ProbeOptions {
  readonly username: string;
  readonly password: string;
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
}

const OwnedTask = z.object({ account_sid: z.string().optional() });

const TaskList = jsonText(z.object({ tasks: z.array(OwnedTask) }));

const TwilioErrorBody = jsonText(z.object({ code: z.int() }));

/** Makes a function that tries operations out, of which none changes anything. It never rejects. */
export function createProbe({
  username,
  password,
  workspaceSid,
  taskRouterUrl: url,
}: ProbeOptions) {
  const timeouts = { connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };
  const send = createHttpClient({ url, username, password, ...timeouts });
  const taskSid = `WT${randomBytes(16).toString('hex')}`;
  return ({ request }: TaskRouterOperation): Promise<ProbeOutcome> =>
    send(request(workspaceSid, taskSid)).then(parseResponse, (error: NodeJS.ErrnoException) => ({
      noAnswer: errorReason(error),
    }));
}

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

function parseResponse({ statusCode: status, body }: HttpResponse): ProbeResponse {
  const tasks = TaskList.safeParse(body).data?.tasks;
  return {
    status,
    code: TwilioErrorBody.safeParse(body).data?.code,
    isList: tasks !== undefined,
    accounts: (tasks ?? []).flatMap(({ account_sid }) => account_sid ?? []),
  };
}

/** A time-out is our own word; other messages of Node's may quote what was asked. */
function errorReason(error: NodeJS.ErrnoException): string {
  return error.code ?? (error.message.startsWith('no ') ? error.message : 'it broke off');
}

function tasksUri(workspaceSid: string): string {
  return `/v1/Workspaces/${workspaceSid}/Tasks`;
}

function taskUri(workspaceSid: string, taskSid: string): string {
  return `${tasksUri(workspaceSid)}/${taskSid}`;
}
