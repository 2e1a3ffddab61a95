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
  /** Ends after so many, with what it sent last still among the dead letters, as if it were killed. */
  readonly killAfter?: number | undefined;
}

export interface ReplayResult {
  /** Message ids of all dead letters that were seen, and of those among them that were let lie. */
  readonly seen: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
  /** How many were sent again. */
  readonly sent: number;
}

class ReplayInterrupted extends Error {
  override readonly name = 'ReplayInterrupted';
}

/** Replays the dead letters as `npm run ops -- dlq replay` does. */
export async function replayAsOperator(options: ChaosReplayOptions): Promise<ReplayResult> {
  const { sqs, queueUrls, deadLetterQueueUrl, folder, isSkipped } = options;
  const { killAfter = Number.POSITIVE_INFINITY } = options;
  const seen = new Set<string>();
  const skipped = new Set<string>();
  let sent = 0;

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
      send: (deadLetters) => sendDeadLetters(sqs, queueUrls, runId, deadLetters),
      parallelSends: 4,
      scan: {
        next: (max) => scan.next(max),
        isDeleted: (deadLetter) => scan.isDeleted(deadLetter),
        remove: async (deadLetters) => {
          if (sent >= killAfter) throw new ReplayInterrupted();
          await scan.remove(deadLetters);
        },
      },
      replayId: runId,
      matches: ({ id, body }) => {
        seen.add(id);
        if (isSkipped(body)) skipped.add(id);
        return !skipped.has(id);
      },
      alreadySent,
      audit: {
        write: async (lines) => {
          await audit.write(lines);
          sent += lines.filter((line) => 'event' in line && line.event === 'sent').length;
        },
      },
      waitForInFlight: async () => {
        const { visible, inFlight } = await queueDepth(sqs, deadLetterQueueUrl);
        if (visible + inFlight <= scan.held || performance.now() > visibleAgainBy) return false;
        await delay(visibilityPollMs);
        return true;
      },
      throttle: async () => {},
      batchSize: replayBatchSize,
      isStopped: () => false,
      onProgress: () => {},
      now: Date.now,
    });
    await scan.close();
  } catch (error) {
    if (!(error instanceof ReplayInterrupted)) throw error;
  } finally {
    await audit.close();
  }
  return { seen, skipped, sent };
}
