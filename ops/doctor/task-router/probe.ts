import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import { createHttpClient, type HttpResponse } from '../../../shared/taskrouter/http-client.ts';
import type { Operation } from './operations.ts';

/** What Twilio answered, less all that a Task holds. */
export interface Answered {
  readonly status: number;
  /** Twilio's own code of an error. */
  readonly code?: number | undefined;
  /** Whether it lists Tasks, as TaskRouter does. */
  readonly isList: boolean;
  /** SIDs of the accounts that own what is listed. */
  readonly accounts: readonly string[];
}

/** An answer, or why there was none. */
export type Probed = Answered | { readonly noAnswer: string };

export interface ProbeOptions {
  readonly username: string;
  readonly password: string;
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
}

const Owned = z.object({ account_sid: z.string().optional() });
const List = jsonText(z.object({ tasks: z.array(Owned) }));
const Problem = jsonText(z.object({ code: z.int() }));

const answered = ({ statusCode: status, body }: HttpResponse): Answered => {
  const tasks = List.safeParse(body).data?.tasks;
  return {
    status,
    code: Problem.safeParse(body).data?.code,
    isList: tasks !== undefined,
    accounts: (tasks ?? []).flatMap(({ account_sid }) => account_sid ?? []),
  };
};

/** A time-out is our own word; other messages of Node's may quote what was asked. */
const reasonOf = (error: NodeJS.ErrnoException): string =>
  error.code ?? (error.message.startsWith('no ') ? error.message : 'it broke off');

/** Makes a function that tries operations out, of which none changes anything. It never rejects. */
export const prober = ({ username, password, workspaceSid, taskRouterUrl: url }: ProbeOptions) => {
  const timeouts = { connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };
  const send = createHttpClient({ url, username, password, ...timeouts });
  const taskSid = `WT${randomBytes(16).toString('hex')}`;
  return ({ request }: Operation): Promise<Probed> =>
    send(request(workspaceSid, taskSid)).then(answered, (error: NodeJS.ErrnoException) => ({
      noAnswer: reasonOf(error),
    }));
};
