import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import type { Deployment } from '../deployment/deployment.ts';

/**
 * TaskRouter as the sync asks it, with an operator's API key. Its searches take a third of what the
 * account has.
 * @throws Failure where the operator has given no key
 */
export const operatorTaskRouter = ({
  credentials,
  workspaceSid,
  taskRouterUrl: url,
}: Pick<Deployment, 'credentials' | 'workspaceSid' | 'taskRouterUrl'>): TaskRouter =>
  createTaskRouterClient({
    credentials: credentials(),
    workspaceSid,
    url,
    evaluationsPerSecond: 1,
  });
