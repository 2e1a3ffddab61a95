import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth, toAwsFailure } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { formatDuration, printJson } from '../text.ts';
import {
  type Audit,
  auditPath,
  defaultAuditFolder,
  newRunId,
  openAudit,
  sentButNotDeleted,
} from './audit.ts';
import {
  awsClock,
  countReplayOutcomes,
  type FollowOptions,
  followReplay,
  printReplayOutcomes,
} from './follow.ts';
import { createMatcher, type ReplaySettings, toFilter } from './options.ts';
import { printSummary, summarise } from './print.ts';
import { assertNothingMissed, countNotReceived, notReceivedText, readDeadLetters } from './read.ts';
import { createRateLimiter, type ReplayCounts, replayDeadLetters } from './replay.ts';
import { scanVisibilitySeconds, withScan } from './scan.ts';

const defaultWaitMs = 600_000;

/** Between looks for letters that others hold. */
const inFlightPollMs = 1000;

/** How often the log is asked: CloudWatch allows few requests a second, and shows lines seconds late. */
const logPollMs = { aws: 5000, local: 500 };

/** Sends the dead letters that are meant, tells how far it is, and follows them where that is asked for. */
export async function runReplay(
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> {
  const { name, aws, deadLetterQueueUrl, queueUrl } = deployment;
  const sqs = new SQSClient(aws.sqs);
  const stop = context.stopSignal();
  const sleep = interruptibleSleep(stop);
  const startedAt = Date.now();
  const replayId = newRunId('replay', startedAt);
  const folder = settings.audit ?? defaultAuditFolder(context.root);
  const alreadySent = await sentButNotDeleted(folder, deployment, startedAt);
  const audit = await createAudit(auditPath(folder, replayId));
  const writeEvent = eventWriter(audit, replayId);
  const awsNow = awsClock(sqs);

  try {
    const { reason, source, ticket, id, olderThan, newerThan, rate, limit } = settings;
    const filter = { reason, source, ticket, id, olderThan, newerThan };
    const header = { deployment: name, deadLetterQueueUrl, queueUrl, filter, rate, limit };
    await writeEvent('began', header, 'Nothing was sent.');

    const {
      counts: replayed,
      notReceived,
      since,
    } = await withScan(sqs, deadLetterQueueUrl, async (scan, before) => {
      const { visible, inFlight } = before;
      const since = awsNow();
      if (inFlight > 0) {
        context.err(
          `${inFlight} dead letters are in the hands of another command, or of one that was killed: they are waited for, a minute at the most.\n`,
        );
      }
      const waitUntil = inFlight > 0 ? startedAt + scanVisibilitySeconds * 1000 : 0;
      const progress = context.progress({
        label: 'Replaying',
        total: Math.min(visible, limit ?? visible),
      });
      try {
        const counts = await replayDeadLetters({
          sqs,
          queueUrl,
          scan,
          replayId,
          matches: createMatcher(toFilter(settings), startedAt),
          alreadySent,
          audit,
          waitForInFlight: async () => {
            if (stop.aborted || Date.now() > waitUntil) return false;
            const depth = await queueDepth(sqs, deadLetterQueueUrl);
            if (depth.inFlight <= scan.received() && depth.visible === 0) return false;
            await sleep(inFlightPollMs);
            return true;
          },
          throttle: createRateLimiter(rate, Date.now, sleep).throttle,
          batchSize: Math.max(1, Math.min(80, Math.ceil(2 * rate))),
          limit,
          isStopped: () => stop.aborted,
          onProgress: ({ sent, resumed, skipped }) =>
            progress.update(
              sent + resumed + (limit === undefined ? skipped : 0),
              skipped > 0 ? `${skipped} passed over` : '',
            ),
          now: awsNow,
        });
        const notReceived = countNotReceived(
          scan,
          before,
          await queueDepth(sqs, deadLetterQueueUrl),
        );
        return { counts, notReceived, since };
      } finally {
        progress.end();
      }
    });
    const remaining = await queueDepth(sqs, deadLetterQueueUrl);
    const ended = {
      ...replayed,
      notReceived,
      stopped: stop.aborted,
      remaining: remaining.visible + remaining.inFlight,
    };
    await writeEvent('ended', ended, `${countsText(replayed)}.`);

    if (!settings.json) {
      const { bold, yellow, dim } = context.colors;
      context.out(`${bold('Replay')}, ${name}: ${countsText(replayed)}.\n`);
      if (stop.aborted) context.out(`${yellow('!')} Stopped. The same command again goes on.\n`);
      if (notReceived > 0) {
        const text = 'more are told of by the queue and were not seen: run it again in a minute.';
        context.out(`${yellow('!')} ${notReceived} ${text}\n`);
      }
      context.out(
        `${remaining.visible + remaining.inFlight} dead letters are left. ${dim(`Audit: ${audit.path}`)}\n`,
      );
    }

    let followError: unknown;
    const outcomes =
      settings.wait === undefined || replayed.sent === 0 || stop.aborted
        ? undefined
        : await followOutcomes(deployment, settings.wait, context, stop, {
            replayId,
            since,
            awsNow,
            total: replayed.sent,
          }).catch((error: unknown) => {
            followError = error;
            return undefined;
          });
    if (outcomes !== undefined) {
      await audit.write(
        [...outcomes].map(([deadLetterId, outcome]) => ({
          event: 'came-to',
          deadLetterId,
          outcome,
        })),
      );
    }
    const counts = outcomes && countReplayOutcomes(outcomes, replayed.sent);
    if (settings.json) {
      context.out(
        printJson({
          deployment: name,
          replay: replayId,
          ...ended,
          audit: audit.path,
          ...(counts && { outcomes: counts }),
        }),
      );
    } else if (counts !== undefined)
      context.out(`\n${printReplayOutcomes(counts, context.colors)}`);

    if (followError !== undefined) throw followError;
    if (replayed.failed > 0) return exitCodes.failed;
    return stop.aborted ? exitCodes.stopped : exitCodes.done;
  } finally {
    await audit.close();
  }
}

/** The dry run: counts what would be sent, and sends nothing. */
export async function planReplay(
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> {
  const { name } = deployment;
  const stop = context.stopSignal();
  const now = Date.now();
  const found = await readDeadLetters(
    deployment,
    createMatcher(toFilter(settings), now),
    stop,
    context,
  );
  if (stop.aborted) return exitCodes.stopped;
  assertNothingMissed(found);
  const { deadLetters, inFlight, notReturned } = found;
  const summary = summarise(deadLetters, now);
  const count = Math.min(deadLetters.length, settings.limit ?? deadLetters.length);
  if (settings.json) {
    context.out(
      printJson({ deployment: name, wouldSend: count, inFlight, notReturned, matching: summary }),
    );
  } else {
    const { bold, yellow } = context.colors;
    const durationText = formatDuration((count / settings.rate) * 1000);
    const lines = [
      `${bold('Replay')}, ${name}: ${count === 0 ? 'no dead letter is meant' : `${count} dead letters would be sent again, in ${durationText} at ${settings.rate} a second`}`,
      ...(count < deadLetters.length ? [`  of ${deadLetters.length} that are meant`] : []),
      '',
      ...(count === 0 ? [] : [printSummary(summary, now, context.colors)]),
      ...notReceivedText(found).map((text) => `${yellow('!')} ${text}`),
      count === 0 ? 'Nothing to do.' : 'This is the plan; nothing was sent. Add --yes to do it.',
      '',
    ];
    context.out(lines.join('\n'));
  }
  return count === 0 ? exitCodes.done : exitCodes.wouldChange;
}

/** Sleeps, and no longer than until it is stopped. */
function interruptibleSleep(stop: AbortSignal) {
  return (ms: number): Promise<unknown> => delay(ms, undefined, { signal: stop }).catch(() => {});
}

function createAudit(path: string): Promise<Audit> {
  return openAudit(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      `The audit file ${path} cannot be made (${error.code}). Nothing was sent.`,
      'Name a folder that you may write to: --audit <folder>.',
      { cause: error },
    );
  });
}

/** Notes what has no message to it; a disk that is full is told with what to do. */
function eventWriter(audit: Audit, replayId: string) {
  return (event: string, fields: object, outcome: string): Promise<void> =>
    audit
      .write([{ at: new Date().toISOString(), event, replay: replayId, ...fields }])
      .catch((error: NodeJS.ErrnoException) => {
        throw new Failure(
          `The audit file ${audit.path} cannot be written (${error.code}). ${outcome}`,
          'Make room on that disk, or name a folder on another: --audit <folder>.',
          { cause: error },
        );
      });
}

function countsText({ sent, resumed, failed }: ReplayCounts): string {
  return [
    `${sent} sent`,
    ...(resumed > 0
      ? [`${resumed} that an earlier run had sent and not deleted are gone now`]
      : []),
    ...(failed > 0 ? [`${failed} failed and are dead letters still`] : []),
  ].join(', ');
}

async function followOutcomes(
  { aws, syncLogGroup }: Deployment,
  wait: number | true,
  context: Context,
  stop: AbortSignal,
  target: Pick<FollowOptions, 'replayId' | 'total' | 'since' | 'awsNow'>,
): Promise<ReadonlyMap<string, string>> {
  const end = Date.now() + (wait === true ? defaultWaitMs : wait);
  const progress = context.progress({ label: 'Following', total: target.total });
  try {
    return await followReplay({
      logs: new CloudWatchLogsClient(aws.logs),
      logGroup: syncLogGroup,
      ...target,
      pollIntervalMs: aws.cloudWatch === undefined ? logPollMs.local : logPollMs.aws,
      isStopped: () => stop.aborted || Date.now() > end,
      onProgress: progress.update,
      sleep: interruptibleSleep(stop),
    });
  } catch (error) {
    throw toAwsFailure(
      error,
      "Reading the sync's log",
      'All was sent: only what it came to is not known.',
    );
  } finally {
    progress.end();
  }
}
