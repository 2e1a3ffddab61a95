import type { Input } from '@pulumi/pulumi';
import { evaluationsPerSecond } from '../shared/config/limits.ts';
import { functionEntries } from './bundle/bundle.ts';
import type { EventDeadLetterQueue } from './components/event-dead-letter-queue.ts';
import { type CommonFunctionArgs, NodeFunction } from './components/node-function.ts';
import type { RedrivableQueue } from './components/redrivable-queue.ts';
import type { StoredSecret } from './components/stored-secret.ts';
import type { StackConfig } from './config/stack-config.ts';
import { mayConsume, mayRead, maySend } from './policies/permissions.ts';

interface SyncArgs {
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
export function syncFunction(name: string, args: SyncArgs): NodeFunction {
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
}

interface CrmChangeArgs {
  readonly common: CommonFunctionArgs;
  /** The sources as the function reads them: JSON. */
  readonly sources: Input<string>;
  readonly signingSecrets: readonly StoredSecret[];
  readonly changes: RedrivableQueue;
  readonly eventDeadLetters: EventDeadLetterQueue;
  readonly reservedConcurrency: number | undefined;
}

/** Takes webhooks and events of CRMs in and puts the ticket changes on the queue. */
export function crmChangeFunction(name: string, args: CrmChangeArgs): NodeFunction {
  return new NodeFunction(name, {
    common: args.common,
    entry: functionEntries.crmChange,
    service: 'crm-change',
    description: 'Checks the webhooks of the CRMs and queues the ticket changes',
    permissions: [...maySend(args.changes), ...mayRead(args.signingSecrets)],
    environment: { SOURCES: args.sources, QUEUE_URL: args.changes.url },
    timeoutSeconds: 10,
    memoryMegabytes: 512,
    reservedConcurrency: args.reservedConcurrency,
    deadLetterQueue: args.eventDeadLetters,
  });
}

interface TaskEventArgs {
  readonly common: CommonFunctionArgs;
  /** The sources as the function reads them: JSON. */
  readonly sources: Input<string>;
  readonly twilio: StackConfig['twilio'];
  readonly authToken: StoredSecret;
  readonly changes: RedrivableQueue;
  readonly reservedConcurrency: number | undefined;
}

/** Takes the events of TaskRouter in and queues what they make necessary. */
export function taskEventFunction(name: string, args: TaskEventArgs): NodeFunction {
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
}
