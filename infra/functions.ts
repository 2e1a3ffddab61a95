import type { ComponentResourceOptions, Input } from '@pulumi/pulumi';
import { functionMegabytes } from '../shared/config/limits.ts';
import type { LinkConfig } from '../shared/crm/link-settings.ts';
import { functionEntries } from './bundle/bundle.ts';
import type { EventDeadLetterQueue } from './components/event-bridge.ts';
import { type CommonFunctionArgs, NodeFunction } from './components/node-function.ts';
import type { StoredSecret } from './components/secrets.ts';
import type { SyncQueue, SyncQueues } from './components/sync-queues.ts';
import type { StackConfig } from './config/stack-config.ts';
import { mayConsume, mayRead, maySend } from './policies/permissions.ts';

interface SyncArgs {
  common: CommonFunctionArgs;
  /** How each source links tickets. */
  sources: Readonly<Record<string, LinkConfig>>;
  twilio: StackConfig['twilio'];
  credentials: StoredSecret;
  queues: SyncQueues;
  settings: StackConfig['sync'];
  /** How many requests to Twilio all invocations make at once, at most. */
  concurrentRequests: number;
  timeoutSeconds: number;
  reservedConcurrency: number | undefined;
}

/** The function that consumes the queues and writes ticket links to the segments of their Tasks. */
export function syncFunction(
  name: string,
  args: SyncArgs,
  options: ComponentResourceOptions,
): NodeFunction {
  const { credentials, queues, settings, twilio } = args;
  return new NodeFunction(
    name,
    {
      common: args.common,
      entry: functionEntries.sync,
      service: 'sync',
      description: 'Writes ticket links to the segments of their Tasks',
      permissions: [
        ...mayConsume([queues.changes, queues.lookups]),
        ...maySend([queues.changes, queues.lookups, queues.deadLetters]),
        ...mayRead([credentials]),
      ],
      environment: {
        SOURCES: JSON.stringify(args.sources),
        QUEUE_URL: queues.changes.url,
        LOOKUP_QUEUE: queues.lookups.name,
        DEAD_LETTER_QUEUE: queues.deadLetters.name,
        TWILIO_SECRET: credentials.name,
        WORKSPACE_SID: twilio.workspaceSid,
        TASKROUTER_URL: twilio.taskRouterUrl,
        CONCURRENT_REQUESTS: String(args.concurrentRequests),
        CONFIRM_AFTER_SECONDS: settings.confirmAfterSeconds.join() || '0',
        ...(!settings.taskEvents && { TASK_EVENTS: 'false' }),
      },
      timeoutSeconds: args.timeoutSeconds,
      memoryMegabytes: functionMegabytes,
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
  queues: SyncQueues;
  eventDeadLetters: EventDeadLetterQueue;
  reservedConcurrency: number | undefined;
}

/**
 * The function that verifies webhooks and EventBridge events of CRMs, and sends their ticket changes to the queues.
 */
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
      permissions: [
        ...maySend([args.queues.changes, args.queues.lookups]),
        ...mayRead(args.signingSecrets),
      ],
      environment: {
        SOURCES: args.sources,
        QUEUE_URL: args.queues.changes.url,
        LOOKUP_QUEUE: args.queues.lookups.name,
      },
      timeoutSeconds: 10,
      memoryMegabytes: functionMegabytes,
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
  changes: SyncQueue;
  reservedConcurrency: number | undefined;
}

/** The function that verifies TaskRouter events, and sends reconcile messages to the queue. */
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
        ...maySend([changes]),
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
      memoryMegabytes: functionMegabytes,
      reservedConcurrency: args.reservedConcurrency,
    },
    options,
  );
}
