import { createTaskRouterClient } from '../shared/taskrouter/client.ts';
import { NotFound, TaskRouterError, Unauthorized } from '../shared/taskrouter/errors.ts';
import type { TaskRouter } from '../shared/taskrouter/task-router.ts';
import type { Deployment } from './deployment/deployment.ts';
import { Failure } from './failure.ts';

/**
 * TaskRouter as the sync asks it, with an operator's API key. Its searches take a third of what the
 * account has.
 * @throws Failure where the operator has given no key
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

/** A failed read of a Task, told with what to do; any other error as it is. */
export function toTaskRouterFailure(
  error: unknown,
  taskSid: string,
  { name, workspaceSid, taskRouterUrl }: Deployment,
): unknown {
  if (!(error instanceof TaskRouterError)) return error;
  const cause = { cause: error };
  if (error instanceof NotFound) {
    return new Failure(
      `There is no Task ${taskSid} in Workspace ${workspaceSid} (${name}).`,
      'Twilio deletes a Task minutes after its conversation ends, and with it what could be linked. ' +
        'If it has not ended, check the SID, the deployment and whether the API key is of its account.',
      cause,
    );
  }
  if (error instanceof Unauthorized) {
    return new Failure(
      `Twilio does not accept the API key (${error.status}).`,
      `Check that it is of the account that owns Workspace ${workspaceSid}, and may read Tasks and Reservations.`,
      cause,
    );
  }
  return new Failure(
    `${error.message}.`,
    `Try again; if it stays, see whether ${taskRouterUrl} answers.`,
    cause,
  );
}
