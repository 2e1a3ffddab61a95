import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import { createHttpClient, type HttpResponse } from '../../../shared/taskrouter/http-client.ts';
import type { TaskRouterOperation } from './operations.ts';

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

export interface ProbeOptions {
  readonly username: string;
  readonly password: string;
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
}

const OwnedTask = z.object({ account_sid: z.string().optional() });
const TaskList = jsonText(z.object({ tasks: z.array(OwnedTask) }));
const TwilioErrorBody = jsonText(z.object({ code: z.int() }));

const parseResponse = ({ statusCode: status, body }: HttpResponse): ProbeResponse => {
  const tasks = TaskList.safeParse(body).data?.tasks;
  return {
    status,
    code: TwilioErrorBody.safeParse(body).data?.code,
    isList: tasks !== undefined,
    accounts: (tasks ?? []).flatMap(({ account_sid }) => account_sid ?? []),
  };
};

/** A time-out is our own word; other messages of Node's may quote what was asked. */
const errorReason = (error: NodeJS.ErrnoException): string =>
  error.code ?? (error.message.startsWith('no ') ? error.message : 'it broke off');

/** Makes a function that tries operations out, of which none changes anything. It never rejects. */
export const createProbe = ({ username, password, workspaceSid, taskRouterUrl: url }: ProbeOptions) => {
  const timeouts = { connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };
  const send = createHttpClient({ url, username, password, ...timeouts });
  const taskSid = `WT${randomBytes(16).toString('hex')}`;
  return ({ request }: TaskRouterOperation): Promise<ProbeOutcome> =>
    send(request(workspaceSid, taskSid)).then(parseResponse, (error: NodeJS.ErrnoException) => ({
      noAnswer: errorReason(error),
    }));
};
