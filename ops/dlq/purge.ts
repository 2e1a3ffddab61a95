import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { printJson } from '../text.ts';
import { auditPath, defaultAuditFolder, newRunId, openAudit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import { createMatcher, type FilterOptions, toFilter } from './options.ts';
import { countText, deadLetterJson, printSummary } from './print.ts';
import type { DlqQueue } from './queue.ts';
import { assertNothingMissed, notReceivedText, readMessages } from './read.ts';
import { type Scan, withScan } from './scan.ts';
import { createSummary, type DeadLetterSummary } from './summary.ts';

interface PurgeOptions {
  scan: Pick<Scan, 'next' | 'remove' | 'isDeleted'>;
  matches: (deadLetter: DeadLetter) => boolean;
  /** Resolves when the dead letters are on the disk. */
  write: (deadLetters: readonly DeadLetter[]) => Promise<void>;
  isStopped: () => boolean;
  onProgress: (purged: number) => void;
}

interface PurgeCounts {
  purged: number;
  /** How many are in the file, but were not deleted by SQS. */
  failed: number;
}

const purgeBatchSize = 80;

export interface PurgeSettings extends FilterOptions {
  yes?: true;
  /** The file to write. Default: a new file in the audit folder. */
  file?: string;
  json?: true;
}

/**
 * `dlq purge`: writes the matching dead letters to a file and deletes them, after a confirmation. It deletes only
 * the dead letters that it counted before the question.
 */
export async function runPurge(
  deployment: Deployment,
  queue: DlqQueue,
  settings: PurgeSettings,
  context: Context,
): Promise<ExitCode> {
  const { name, aws } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const matches = createMatcher(toFilter(settings), now);

  const counts = createSummary(now);
  const confirmedIds = new Set<string>();
  const notReceived = await readMessages(deployment, queue, stop, context, (deadLetter) => {
    if (!matches(deadLetter)) return;
    counts.add(deadLetter);
    confirmedIds.add(deadLetter.id);
  });
  if (notReceived === undefined || stop.aborted) return exitCodes.stopped;
  const summary = counts.result();
  assertNothingMissed(summary.total, notReceived, queue);
  const toJson = (fields: object) => printJson({ deployment: name, queue: queue.name, ...fields });
  if (summary.total === 0) {
    context.out(
      settings.json ? toJson({ purged: 0 }) : `No ${queue.one} matches. Nothing to do.\n`,
    );
    return exitCodes.done;
  }
  if (!settings.yes) {
    const count = String(summary.total);
    if (!settings.json) {
      const notReceivedLines = notReceivedText(notReceived, queue).map(
        (text) => `${context.colors.yellow('!')} ${text}\n`,
      );
      const plan = printPurgePlan(name, queue, summary, now, context);
      context.out([`${plan}\n`, ...notReceivedLines].join(''));
    }
    const answer = settings.json
      ? undefined
      : await context.ask(`Type ${count} to delete them, anything else to keep them: `);
    if (answer?.trim() !== count) {
      context.out(
        settings.json
          ? toJson({ wouldPurge: summary.total, matching: summary })
          : 'Nothing was deleted. Add --yes to delete without a question.\n',
      );
      return exitCodes.wouldChange;
    }
  }

  const path = settings.file ?? auditPath(defaultAuditFolder(context.root), newRunId('purge', now));
  const file = await openAudit(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      `The file ${path} could not be created (${error.code}). Nothing was deleted.`,
      'Give a new file in a writable folder: --file <file>.',
      { cause: error },
    );
  });
  try {
    const sqs = new SQSClient(awsClientOptions(aws.sqs));
    const { purged, failed } = (await withScan(sqs, queue, stop, (scan) => {
      const progress = context.progress({ label: 'Deleting', total: summary.total });
      return purgeDeadLetters({
        scan,
        // Dead letters that arrived after the count are not confirmed.
        matches: ({ id }) => confirmedIds.has(id),
        write: (deadLetters) =>
          file.write(deadLetters.map((each) => ({ queue: queue.name, ...deadLetterJson(each) }))),
        isStopped: () => stop.aborted,
        onProgress: progress.update,
      }).finally(progress.end);
    })) ?? { purged: 0, failed: 0 };
    const missed = stop.aborted ? 0 : confirmedIds.size - purged - failed;
    if (settings.json) {
      context.out(toJson({ purged, failed, missed, file: path, stopped: stop.aborted }));
    } else {
      context.out(
        `${purged} deleted${failed > 0 ? `, ${failed} not: run this again` : ''}. The file is ${path}\n` +
          `To put them back: npm run ops -- dlq restore ${path} ${deployment.option}\n`,
      );
      if (missed > 0)
        context.out(`${missed} were not received again: they are deleted or in flight.\n`);
      if (stop.aborted) context.out('Stopped. Run the same command again to continue.\n');
    }
    if (failed > 0) return exitCodes.failed;
    return stop.aborted ? exitCodes.stopped : exitCodes.done;
  } finally {
    await file.close();
  }
}

/**
 * Deletes the matching dead letters, each after it is written to the file.
 * @throws an error of SQS or of the disk. Then the remaining dead letters stay in the queue
 */
async function purgeDeadLetters({
  scan,
  matches,
  write,
  isStopped,
  onProgress,
}: PurgeOptions): Promise<PurgeCounts> {
  let purged = 0;
  let failed = 0;
  while (!isStopped()) {
    const deadLetters = await scan.next(purgeBatchSize);
    if (deadLetters.length === 0) break;
    const matching = deadLetters.filter(matches);
    await write(matching);
    if (matching.length > 0) await scan.remove(matching);
    const deleted = matching.filter((each) => scan.isDeleted(each)).length;
    purged += deleted;
    failed += matching.length - deleted;
    onProgress(purged);
  }
  return { purged, failed };
}

function printPurgePlan(
  name: string,
  queue: DlqQueue,
  summary: DeadLetterSummary,
  now: number,
  { colors }: Context,
): string {
  return (
    `${colors.bold('Purge')}, ${name}: ${countText(summary, queue)} would be written to a file and deleted\n\n` +
    printSummary(summary, now, colors)
  );
}
