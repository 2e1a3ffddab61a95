import { syncEnvironment } from '../../local/functions.ts';
import { createLocalSources } from '../../local/sources.ts';
import type { TwilioAccount } from '../../local/stack-description.ts';
import {
  defaultConcurrentRequests,
  eventSources,
  instanceEvaluationsPerSecond,
  type QueueName,
  queueNames,
  syncTimeoutSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/limits.ts';
import type { Message } from '../../shared/messages/message.ts';
import { queueOf } from '../../shared/messages/queue-of.ts';

/** A queue of a function, with the settings of its event source mapping. */
interface Lane {
  queue: string;
  batchSize: number;
  windowSeconds: number;
  maximumConcurrency: number;
}

/** A function that links tickets: the project's sync or a baseline. */
export interface Consumer {
  name: string;
  /** The entry file of the function, relative to the repository. */
  entry: string;
  lanes: readonly Lane[];
  /** The name of the queue that a message goes to. */
  laneOf: (message: Message) => string;
  visibilitySeconds: number;
  variables: (surroundings: Surroundings) => Promise<Readonly<Record<string, string>>>;
}

/** The services that a function calls. */
export interface Surroundings {
  account: TwilioAccount;
  taskrouter: string;
  sqs: string;
  secretsManager: string;
  /** The URLs of the queues, by the name of the lane. */
  queueUrls: Readonly<Record<string, string>>;
  deadLetterQueueUrl: string;
}

/** The sync function with default settings. */
export function project(): Consumer {
  return {
    name: 'crm-media-sync',
    entry: 'lambdas/sync/handler.ts',
    lanes: deployedLanes(),
    laneOf: queueOf,
    visibilitySeconds: visibilityTimeoutSeconds(syncTimeoutSeconds),
    variables: async ({ account, taskrouter, sqs, secretsManager, ...queues }) =>
      syncEnvironment(
        { sqs, secretsManager, queueUrls: syncQueueUrls(queues.queueUrls) },
        await createLocalSources({}),
        {
          deadLetterQueueUrl: queues.deadLetterQueueUrl,
          taskrouter,
          workspaceSid: account.workspaceSid,
          evaluationsPerSecond: instanceEvaluationsPerSecond,
        },
      ),
  };
}

/** The queues of sync and their event source mappings, with default settings. */
function deployedLanes(): readonly Lane[] {
  return queueNames.map((queue) => ({ queue, ...eventSources[queue] }));
}

/** The URLs of sync's queues, out of the queues of a rig. */
export function syncQueueUrls({
  changes = '',
  lookups = '',
}: Surroundings['queueUrls']): Record<QueueName, string> {
  return { changes, lookups };
}

/** How many invocations of a function run at once. */
export function concurrencyOf({ lanes }: Pick<Consumer, 'lanes'>): number {
  return lanes.reduce((sum, { maximumConcurrency }) => sum + maximumConcurrency, 0);
}

/** A baseline handles ten Tasks at a time, and reads two things of each at once. */
const baselineRequests = 20;

/**
 * How many instances a baseline has. Together they make no more requests to Twilio at once than the project does.
 * Otherwise the comparison would be about shares of the account's limit.
 */
const baselineInstances = Math.floor(defaultConcurrentRequests / baselineRequests);

/** The smallest batch setting of AWS without a window, and the largest batch that is handled within a second. */
const smallBatch = { batchSize: 10, windowSeconds: 0 };

const largeBatch = { batchSize: 44, windowSeconds: 1 };

/** Powertools' batch processor and idempotency, with `If-Match`. */
export const powertools = baseline('Powertools', 'powertools.ts', smallBatch);

/** The Powertools baseline with a large batch. */
export const powertools44 = baseline('Powertools, batch 44', 'powertools.ts', largeBatch);

/** Reads, changes and writes the attributes without `If-Match`. */
export const readModifyWrite = baseline('read-modify-write', 'docs.ts', smallBatch, {
  RECIPE: 'read-modify-write',
});

/** The recipe of Twilio's page about custom media. */
export const docsRecipe = baseline('docs recipe', 'docs.ts', smallBatch, { RECIPE: 'post' });

/** The scheme of Twilio's Flex project template. */
export const flexTemplate = baseline('Flex template', 'template.ts', smallBatch);

/** A baseline. It has one queue. */
function baseline(
  name: string,
  file: string,
  lane: Pick<Lane, 'batchSize' | 'windowSeconds'>,
  more: Readonly<Record<string, string>> = {},
): Consumer {
  const queue = 'changes';
  return {
    name,
    entry: `bench/baselines/${file}`,
    lanes: [{ queue, ...lane, maximumConcurrency: baselineInstances }],
    laneOf: () => queue,
    visibilitySeconds: 30,
    variables: async ({ account, taskrouter }) => ({
      TWILIO_ACCOUNT_SID: account.accountSid,
      TWILIO_API_KEY: account.apiKey,
      TWILIO_API_SECRET: account.apiSecret,
      WORKSPACE_SID: account.workspaceSid,
      TASKROUTER_URL: taskrouter,
      POWERTOOLS_SERVICE_NAME: 'baseline',
      ...more,
    }),
  };
}
