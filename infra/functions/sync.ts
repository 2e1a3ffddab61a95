import { evaluationsPerSecond } from '../../shared/config/numbers.ts';
import { functionEntries } from '../bundle/function-entries.ts';
import { type CommonFunctionArgs, NodeFunction } from '../components/node-function.ts';
import type { RedrivableQueue } from '../components/redrivable-queue.ts';
import type { StoredSecret } from '../components/stored-secret.ts';
import type { StackConfig } from '../config/stack-config.ts';
import { mayConsume, mayRead, maySend } from '../policies/permissions.ts';

export interface SyncArgs {
  readonly common: CommonFunctionArgs;
  readonly twilio: StackConfig['twilio'];
  readonly credentials: StoredSecret;
  readonly changes: RedrivableQueue;
  readonly settings: StackConfig['sync'];
  readonly timeoutSeconds: number;
  /** How many instances of it work at once. */
  readonly instances: number;
  readonly reservedConcurrency: number | undefined;
}

/** Takes changes from the queue and puts the tickets on the segments of their Tasks. */
export const syncFunction = (name: string, args: SyncArgs): NodeFunction => {
  const { changes, credentials, settings, twilio } = args;
  return new NodeFunction(name, {
    common: args.common,
    entry: functionEntries.sync,
    service: 'sync',
    description: 'Links tickets to the segments of their Tasks',
    permissions: [
      ...mayConsume(changes),
      ...maySend(changes),
      ...maySend(changes.deadLetterQueue),
      ...mayRead([credentials]),
    ],
    environment: {
      QUEUE_URL: changes.url,
      DEAD_LETTER_QUEUE_URL: changes.deadLetterUrl,
      TWILIO_SECRET: credentials.name,
      WORKSPACE_SID: twilio.workspaceSid,
      TASKROUTER_URL: twilio.taskRouterUrl,
      EVALUATIONS_PER_SECOND: String(evaluationsPerSecond(args.instances)),
      TASKS_IN_PARALLEL: String(settings.tasksInParallel),
      CONFIRM_AFTER_SECONDS: settings.confirmAfterSeconds.join() || '0',
    },
    timeoutSeconds: args.timeoutSeconds,
    memoryMegabytes: 512,
    reservedConcurrency: args.reservedConcurrency,
  });
};
