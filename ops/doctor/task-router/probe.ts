import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import type { Sign } from '../../../shared/taskrouter/correlation.ts';
import { expressionsOf } from '../../../shared/taskrouter/expression.ts';
import {
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../../shared/taskrouter/http-client.ts';
import type { TwilioCredentials } from '../../deployment/deployment.ts';

/** What Twilio answered, less all that a Task holds. */
export interface Answered {
  readonly status: number;
  /** Twilio's own code of an error. */
  readonly code?: number | undefined;
  /** Whether it is what TaskRouter gives: a list of Tasks. */
  readonly isList: boolean;
  /** SIDs of the accounts that own what is listed. */
  readonly accounts: readonly string[];
}

/** That there was no whole answer, and why. */
export interface NoAnswer {
  readonly noAnswer: string;
}

export type Probed = Answered | NoAnswer;

export const operations = [
  'list Tasks',
  'search Tasks',
  'read a Task',
  'list reservations',
  'update a Task',
] as const;
export type Operation = (typeof operations)[number];

const List = jsonText(
  z.object({ tasks: z.array(z.object({ account_sid: z.string().optional() })) }),
);
const Problem = jsonText(z.object({ code: z.int() }));

const answered = ({ statusCode: status, body }: HttpResponse): Answered => {
  const list = List.safeParse(body).data;
  return {
    status,
    code: Problem.safeParse(body).data?.code,
    isList: status === 200 && list !== undefined,
    accounts: (list?.tasks ?? []).flatMap(({ account_sid: sid }) =>
      sid === undefined ? [] : [sid],
    ),
  };
};

/** What the sync asks by, in signs that no Task bears: one of each kind of expression that it makes. */
const signs: readonly Sign[] = [
  { attribute: 'call_sid', match: 'equal', value: `CA${'0'.repeat(32)}` },
  { attribute: 'crm_media_sync', match: 'ledger', value: 'doctor/0' },
];

/** No version of a Task ever. */
const noVersion = '"999999999"';

/** The requests that the sync makes, about a Task that does not exist. */
const requests = (workspaceSid: string): Readonly<Record<Operation, HttpRequest>> => {
  const tasks = `/v1/Workspaces/${workspaceSid}/Tasks`;
  const task = `${tasks}/WT${randomBytes(16).toString('hex')}`;
  const EvaluateTaskAttributes = expressionsOf(signs)?.[0] ?? '';
  return {
    'list Tasks': { method: 'GET', uri: tasks, params: { PageSize: 1 } },
    'search Tasks': { method: 'GET', uri: tasks, params: { PageSize: 1, EvaluateTaskAttributes } },
    'read a Task': { method: 'GET', uri: task },
    'list reservations': { method: 'GET', uri: `${task}/Reservations`, params: { PageSize: 1 } },
    // It changes nothing thrice over: no such Task, no such version, and nothing to change.
    'update a Task': {
      method: 'POST',
      uri: task,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'if-match': noVersion },
      data: {},
    },
  };
};

export interface ProbeOptions {
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
}

const sender = (url: string, username: string, password: string) => {
  const send = createHttpClient({
    url,
    username,
    password,
    connectTimeoutMs: 5000,
    totalTimeoutMs: 10_000,
  });
  return (request: HttpRequest): Promise<Probed> =>
    send(request).then(answered, (error: NodeJS.ErrnoException) => ({
      // Messages of Node's may quote what was asked.
      noAnswer:
        error.code ?? (/^no [a-z ]+ within \d+ ms$/.test(error.message) ? error.message : 'broken'),
    }));
};

/** Asks TaskRouter all that the sync does, so that nothing is changed. Never rejects. */
export const probe = async (
  { apiKey, apiSecret }: Pick<TwilioCredentials, 'apiKey' | 'apiSecret'>,
  { workspaceSid, taskRouterUrl }: ProbeOptions,
): Promise<Readonly<Record<Operation, Probed>>> => {
  const send = sender(taskRouterUrl, apiKey, apiSecret);
  const asked = requests(workspaceSid);
  const [list, search, read, reservations, update] = await Promise.all(
    operations.map((operation) => send(asked[operation])),
  );
  const none: NoAnswer = { noAnswer: 'not asked' };
  return {
    'list Tasks': list ?? none,
    'search Tasks': search ?? none,
    'read a Task': read ?? none,
    'list reservations': reservations ?? none,
    'update a Task': update ?? none,
  };
};

/** Whether TaskRouter knows an account by this Auth Token; asks for one page of Tasks. Never rejects. */
export const probeAuthToken = (
  accountSid: string,
  authToken: string,
  { workspaceSid, taskRouterUrl }: ProbeOptions,
): Promise<Probed> =>
  sender(taskRouterUrl, accountSid, authToken)(requests(workspaceSid)['list Tasks']);
