import type { ComponentResourceOptions, Input } from '@pulumi/pulumi';
import { evaluationsPerSecond } from '../shared/config/limits.ts';
import type { LinkConfig } from '../shared/crm/link-settings.ts';
import { functionEntries } from './bundle/bundle.ts';
import type { EventDeadLetterQueue } from './components/event-dead-letter-queue.ts';
import { type CommonFunctionArgs, NodeFunction } from './components/node-function.ts';
import type { RedrivableQueue } from './components/redrivable-queue.ts';
import type { StoredSecret } from './components/secrets.ts';
import type { StackConfig } from './config/stack-config.ts';
import { mayConsume, mayRead, maySend } from './policies/permissions.ts';

interface SyncArgs {
  common: CommonFunctionArgs;
  /** How each source links tickets. */
  sources: Readonly<Record<string, LinkConfig>>;
  twilio: StackConfig['twilio'];
  credentials: StoredSecret;
  changes: RedrivableQueue;
  settings: StackConfig['sync'];
  timeoutSeconds: number;
  /** Maximum concurrent instances. */
  instances: number;
  reservedConcurrency: number | undefined;
}

/** Consumes the queue, and writes ticket links to the segments of their Tasks. */
export function syncFunction(
  name: string,
  args: SyncArgs,
  options: ComponentResourceOptions,
): NodeFunction {
  const { changes, credentials, settings, twilio } = args;
  return new NodeFunction(
    name,
    {
      common: args.common,
      entry: functionEntries.sync,
      service: 'sync',
      description: 'Writes ticket links to the segments of their Tasks',
      permissions: [
        ...mayConsume(changes),
        ...maySend(changes),
        ...maySend(changes.deadLetterQueue),
        ...mayRead([credentials]),
      ],
      environment: {
        SOURCES: JSON.stringify(args.sources),
        QUEUE_URL: changes.url,
        DEAD_LETTER_QUEUE_URL: changes.deadLetterUrl,
        TWILIO_SECRET: credentials.name,
        WORKSPACE_SID: twilio.workspaceSid,
        TASKROUTER_URL: twilio.taskRouterUrl,
        EVALUATIONS_PER_SECOND: String(evaluationsPerSecond(args.instances)),
        TASKS_IN_PARALLEL: String(settings.tasksInParallel),
        CONFIRM_AFTER_SECONDS: settings.confirmAfterSeconds.join() || '0',
        ...(!settings.taskEvents && { TASK_EVENTS: 'false' }),
      },
      timeoutSeconds: args.timeoutSeconds,
      memoryMegabytes: 512,
      reservedConcurrency: args.reservedConcurrency,
    },
    options,
  );
}

interface CrmChangeArgs {
  common: CommonFunctionArgs;
  /** The sources as JSON, in the form that the function reads. */
  sources: Input<string>;
  signingSecrets: readonly StoredSecret[];
  changes: RedrivableQueue;
  eventDeadLetters: EventDeadLetterQueue;
  reservedConcurrency: number | undefined;
}

/** Verifies webhooks and EventBridge events of CRMs, and sends their ticket changes to the queue. */
export function crmChangeFunction(
  name: string,
  args: CrmChangeArgs,
  options: ComponentResourceOptions,
): NodeFunction {
  return new NodeFunction(
    name,
    {
      common: args.common,
      entry: functionEntries.crmChange,
      service: 'crm-change',
      description: 'Verifies CRM webhooks and sends ticket changes to SQS',
      permissions: [...maySend(args.changes), ...mayRead(args.signingSecrets)],
      environment: { SOURCES: args.sources, QUEUE_URL: args.changes.url },
      timeoutSeconds: 10,
      memoryMegabytes: 512,
      reservedConcurrency: args.reservedConcurrency,
      deadLetterQueue: args.eventDeadLetters,
    },
    options,
  );
}

interface TaskEventArgs {
  common: CommonFunctionArgs;
  /** How each source links tickets. */
  sources: Readonly<Record<string, LinkConfig>>;
  twilio: StackConfig['twilio'];
  authToken: StoredSecret;
  sharedKey: StoredSecret | undefined;
  changes: RedrivableQueue;
  reservedConcurrency: number | undefined;
}

/** Verifies events of TaskRouter, and sends reconcile messages to the queue. */
export function taskEventFunction(
  name: string,
  args: TaskEventArgs,
  options: ComponentResourceOptions,
): NodeFunction {
  const { authToken, changes, sharedKey, twilio } = args;
  return new NodeFunction(
    name,
    {
      common: args.common,
      entry: functionEntries.taskEvent,
      service: 'task-event',
      description: 'Verifies TaskRouter events and sends reconcile messages to SQS',
      permissions: [
        ...maySend(changes),
        ...mayRead([authToken, ...(sharedKey === undefined ? [] : [sharedKey])]),
      ],
      environment: {
        SOURCES: JSON.stringify(args.sources),
        QUEUE_URL: changes.url,
        AUTH_TOKEN_SECRET: authToken.name,
        ...(sharedKey !== undefined && { SHARED_KEY_SECRET: sharedKey.name }),
        ACCOUNT_SID: twilio.accountSid,
        WORKSPACE_SID: twilio.workspaceSid,
        ...(twilio.taskEventsUrl !== undefined && { PUBLIC_URL: twilio.taskEventsUrl }),
      },
      timeoutSeconds: 10,
      memoryMegabytes: 512,
      reservedConcurrency: args.reservedConcurrency,
    },
    options,
  );
}
