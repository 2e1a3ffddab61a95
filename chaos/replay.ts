import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../ops/aws/queue-depth.ts';
import { auditPath, newRunId, openAudit, sentButNotDeleted } from '../ops/dlq/audit.ts';
import { scanVisibilitySeconds, createScan } from '../ops/dlq/letters.ts';
import { replayDeadLetters } from '../ops/dlq/replay.ts';
import { timeFactor } from './world/time-factor.ts';

const lettersInHand = 80;
const pauseMs = 50;

export interface ReplayOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Of the audit files, by which one replay knows what a killed one has done. */
  readonly folder: string;
  /** Dead letters that are let lie. */
  readonly isLeft: (body: string) => boolean;
  /** Ends after so many, with what it sent last still among the dead letters, as if it were killed. */
  readonly killAfter?: number | undefined;
}

export interface Replayed {
  /** Message ids of all dead letters that were seen, and of those among them that were let lie. */
  readonly seen: ReadonlySet<string>;
  readonly left: ReadonlySet<string>;
  /** How many were sent again. */
  readonly sent: number;
}

class Killed extends Error {
  override readonly name = 'Killed';
}

/** Replays the dead letters as `npm run ops -- dlq replay` does. */
export const replay = async (options: ReplayOptions): Promise<Replayed> => {
  const { sqs, queueUrl, deadLetterQueueUrl, folder, isLeft } = options;
  const { killAfter = Number.POSITIVE_INFINITY } = options;
  const seen = new Set<string>();
  const left = new Set<string>();
  let sent = 0;

  const id = newRunId('replay', Date.now());
  const alreadySent = await sentButNotDeleted(folder, options, Date.now());
  const audit = await openAudit(auditPath(folder, id));
  const walk = createScan(sqs, deadLetterQueueUrl);
  const comeBackBy = performance.now() + (scanVisibilitySeconds * 1000) / timeFactor;
  try {
    await audit.write([
      { at: new Date().toISOString(), event: 'began', deadLetterQueueUrl, queueUrl },
    ]);
    await replayDeadLetters({
      sqs,
      queueUrl,
      scan: {
        ...walk,
        remove: async (letters) => {
          if (sent >= killAfter) throw new Killed();
          await walk.remove(letters);
        },
      },
      replayId: id,
      matches: (letter) => {
        seen.add(letter.id);
        if (isLeft(letter.body)) left.add(letter.id);
        return !left.has(letter.id);
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
        if (visible + inFlight <= walk.received() || performance.now() > comeBackBy) return false;
        await delay(pauseMs);
        return true;
      },
      throttle: async () => {},
      batchSize: lettersInHand,
      isStopped: () => false,
      onProgress: () => {},
      now: Date.now,
    });
    await walk.close();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    await audit.close();
  }
  return { seen, left, sent };
};
