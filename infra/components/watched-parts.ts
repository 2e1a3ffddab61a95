import type { AccessLog } from './access-log.ts';
import type { EventDeadLetterQueue } from './event-dead-letters.ts';
import type { NodeFunction } from './node-function.ts';
import type { RedrivableQueue } from './redrivable-queue.ts';
import type { WebhookApi } from './webhook-api.ts';

/** What of a stack is watched and shown. */
export interface MonitoredResources {
  readonly changes: RedrivableQueue;
  readonly eventDeadLetters: EventDeadLetterQueue;
  readonly crmChange: NodeFunction;
  readonly taskEvent: NodeFunction;
  readonly sync: NodeFunction;
  readonly api: WebhookApi;
  readonly accessLog: AccessLog;
  /** Under which CloudWatch has the functions' own metrics. */
  readonly metricsNamespace: string;
  /** The page that has a heading for each alarm. */
  readonly runbookUrl: string;
}
