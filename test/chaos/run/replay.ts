import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../../../ops/aws.ts';
import { auditPath, newRunId, openAudit, sentButNotDeleted } from '../../../ops/dlq/audit.ts';
import { readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { replayDeadLetters } from '../../../ops/dlq/replay.ts';
import { Scan } from '../../../ops/dlq/scan.ts';
import { sendDeadLetters } from '../../../ops/dlq/send-dead-letters.ts';
import type { QueueName } from '../../../shared/config/limits.ts';
import { timeFactor } from '../clock.ts';

const replayBatchSize = 80;

const visibilitySeconds = 60;

const visibilityPollMs = 50;

export interface ChaosReplayOptions {
  readonly sqs: SQSClient;
  readonly queueUrls: Readonly<Record<QueueName, string>>;
  readonly deadLetterQueueUrl: string;
  /** Of the audit files, by which one replay knows what a killed one has done. */
  readonly folder: string;
  /** Dead letters that are let lie. */
  readonly isSkipped: (body: string) => boolean;
  /** How many dead letters to receive at a time. */
  readonly batchSize?: number | undefined;
  /** Called each time that the replay is at one of these places. */
  readonly onPlace?: ((place: Exclude<ReplayKillPlace, 'anyMoment'>) => void) | undefined;
}

/**
 * Where a replay is killed: at any moment; or when SQS has the messages and the audit does not say so, when the audit
 * says so and they are still dead letters, when they are deleted and the audit does not say so.
 */
export const replayKillPlaces = ['anyMoment', 'afterSend', 'afterAudit', 'afterDelete'] as const;

export type ReplayKillPlace = (typeof replayKillPlaces)[number];

/**
 * Replays the dead letters as `npm run ops -- dlq replay` does.
 * @returns bodies of the dead letters that were let lie, by message id
 */
export async function replayAsOperator(
  options: ChaosReplayOptions,
): Promise<ReadonlyMap<string, string>> {
  const { sqs, queueUrls, deadLetterQueueUrl, folder, isSkipped, onPlace = () => {} } = options;
  const skipped = new Map<string, string>();

  const audited = { deadLetterQueueUrl, queueUrl: queueUrls.changes };
  const runId = newRunId('replay', Date.now());
  const alreadySent = await sentButNotDeleted(folder, audited, Date.now());
  const audit = await openAudit(auditPath(folder, runId));
  const queue = { sqs, queueUrl: deadLetterQueueUrl, read: readDeadLetter };
  const scan = new Scan(queue, new AbortController().signal, visibilitySeconds);
  const visibleAgainBy = performance.now() + (visibilitySeconds * 1000) / timeFactor;
  try {
    await audit.write([{ at: new Date().toISOString(), event: 'started', ...audited }]);
    await replayDeadLetters({
      send: async (deadLetters) => {
        const sent = await sendDeadLetters(sqs, queueUrls, runId, deadLetters);
        onPlace('afterSend');
        return sent;
      },
      parallelSends: 4,
      scan: {
        next: (max) => scan.next(max),
        isDeleted: (deadLetter) => scan.isDeleted(deadLetter),
        remove: async (deadLetters) => {
          onPlace('afterAudit');
          await scan.remove(deadLetters);
          onPlace('afterDelete');
        },
      },
      replayId: runId,
      matches: ({ id, body }) => {
        if (isSkipped(body)) skipped.set(id, body);
        return !skipped.has(id);
      },
      alreadySent,
      audit,
      waitForInFlight: async () => {
        const { visible, inFlight } = await queueDepth(sqs, deadLetterQueueUrl);
        if (visible + inFlight <= scan.held || performance.now() > visibleAgainBy) return false;
        await delay(visibilityPollMs);
        return true;
      },
      throttle: async () => {},
      batchSize: options.batchSize ?? replayBatchSize,
      isStopped: () => false,
      onProgress: () => {},
      now: Date.now,
    });
    await scan.close();
  } finally {
    await audit.close();
  }
  return skipped;
}
