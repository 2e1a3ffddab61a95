import { createTaskRouterClient } from '../shared/taskrouter/client.ts';
import {
  BadRequest,
  InvalidResponse,
  NotFound,
  TaskRouterError,
  Unauthorized,
} from '../shared/taskrouter/errors.ts';
import type { TaskRouter } from '../shared/taskrouter/task-router.ts';
import type { Deployment, TwilioApiKey } from './deployment/deployment.ts';
import { dnsFailure, Failure, unresolvedHost } from './failure.ts';

/**
 * The TaskRouter client of sync, with the operator's API key. It searches once per second: a third of the
 * account's limit.
 * @throws Failure if the operator has set no API key
 */
export function operatorTaskRouter({
  credentials,
  workspaceSid,
  taskRouterUrl: url,
}: Pick<Deployment, 'credentials' | 'workspaceSid' | 'taskRouterUrl'>): TaskRouter {
  return createTaskRouterClient({
    credentials: credentials(),
    workspaceSid,
    url,
    evaluationsPerSecond: 1,
  });
}

/** Turns a failed read of a Task into a `Failure` with the next step. Returns any other error unchanged. */
export function toTaskRouterFailure(
  error: unknown,
  taskSid: string,
  { name, workspaceSid, taskRouterUrl }: Deployment,
): unknown {
  if (!(error instanceof TaskRouterError)) return error;
  const host = unresolvedHost(error);
  if (host !== undefined) return dnsFailure([host], error);
  const cause = { cause: error };
  if (error instanceof NotFound) {
    return new Failure(
      `There is no Task ${taskSid} in Workspace ${workspaceSid} (${name}).`,
      'Twilio deletes a Task minutes after its conversation ends. ' +
        'If the conversation still runs, check the SID, the deployment and the account of the API key.',
      cause,
    );
  }
  if (error instanceof Unauthorized) {
    return new Failure(
      `Twilio rejected the API key (${error.status}).`,
      `Use an API key of the account that owns Workspace ${workspaceSid}, with read access to Tasks and Reservations.`,
      cause,
    );
  }
  if (error instanceof InvalidResponse) {
    return new Failure(
      `${error.message}. Something other than TaskRouter may have answered.`,
      `Try again. If it fails again, check that ${taskRouterUrl} is the TaskRouter of the account's region, and whether a proxy answers in its place.`,
      cause,
    );
  }
  return new Failure(
    `${error.message}.`,
    `Try again. If it fails again, check whether ${taskRouterUrl} answers.`,
    cause,
  );
}

/**
 * Requests a Task that does not exist, to see whether TaskRouter responds. This needs no valid API key. If Twilio
 * rejects the key, that is a response too, and says nothing about the key of sync.
 * @returns the problem. Undefined if TaskRouter responds
 */
export async function taskRouterProblem(
  deployment: Pick<Deployment, 'credentials' | 'workspaceSid' | 'taskRouterUrl'>,
  stop: AbortSignal,
): Promise<string | undefined> {
  const { credentials, workspaceSid, taskRouterUrl: url } = deployment;
  const taskRouter = createTaskRouterClient({
    credentials: credentialsOrNone(credentials),
    workspaceSid,
    url,
    evaluationsPerSecond: 1,
  });
  try {
    await taskRouter.fetchTask(`WT${'0'.repeat(32)}`, { calls: 0, signal: stop });
    return undefined;
  } catch (error) {
    const isAnswer = [NotFound, Unauthorized, BadRequest].some((type) => error instanceof type);
    if (isAnswer) return undefined;
    if (!(error instanceof TaskRouterError)) throw error;
    return `TaskRouter does not work now: ${error.message}.`;
  }
}

function credentialsOrNone(credentials: () => TwilioApiKey): TwilioApiKey {
  try {
    return credentials();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { accountSid: 'none', apiKey: 'none', apiSecret: 'none' };
  }
}
