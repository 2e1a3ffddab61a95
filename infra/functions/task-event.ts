import type { Input } from '@pulumi/pulumi';
import { functionEntries } from '../bundle/function-entries.ts';
import { type CommonFunctionArgs, NodeFunction } from '../components/node-function.ts';
import type { RedrivableQueue } from '../components/redrivable-queue.ts';
import type { StoredSecret } from '../components/stored-secret.ts';
import type { StackConfig } from '../config/stack-config.ts';
import { mayRead, maySend } from '../policies/permissions.ts';

export interface TaskEventArgs {
  readonly common: CommonFunctionArgs;
  /** The sources as the function reads them: JSON. */
  readonly sources: Input<string>;
  readonly twilio: StackConfig['twilio'];
  readonly authToken: StoredSecret;
  readonly changes: RedrivableQueue;
  readonly reservedConcurrency: number | undefined;
}

/** Takes the events of TaskRouter in and queues what they make necessary. */
export const taskEventFunction = (name: string, args: TaskEventArgs): NodeFunction => {
  const { authToken, changes, twilio } = args;
  return new NodeFunction(name, {
    common: args.common,
    entry: functionEntries.taskEvent,
    service: 'task-event',
    description: 'Checks the events of TaskRouter and queues the Tasks to be settled',
    permissions: [...maySend(changes), ...mayRead([authToken])],
    environment: {
      SOURCES: args.sources,
      QUEUE_URL: changes.url,
      AUTH_TOKEN_SECRET: authToken.name,
      ACCOUNT_SID: twilio.accountSid,
      WORKSPACE_SID: twilio.workspaceSid,
      ...(twilio.taskEventsUrl !== undefined && { PUBLIC_URL: twilio.taskEventsUrl }),
    },
    timeoutSeconds: 10,
    memoryMegabytes: 512,
    reservedConcurrency: args.reservedConcurrency,
  });
};
