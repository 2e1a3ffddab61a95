import { NotFound, TaskRouterError, Unauthorized } from '../../shared/taskrouter/failures.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';

/** A failed read of a Task, told with what to do; any other error as it is. */
export const toTaskRouterFailure = (
  error: unknown,
  taskSid: string,
  { name, workspaceSid, taskRouterUrl }: Deployment,
): unknown => {
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
};
