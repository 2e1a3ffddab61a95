import { SQSClient } from '@aws-sdk/client-sqs';
import { type QueueDepth, queueDepth } from '../aws.ts';
import type { Colors, Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../text.ts';
import { auditPath, defaultAuditFolder, newRunId, sentButNotDeleted } from './audit.ts';
import { awsClock } from './aws-clock.ts';
import { countReplayOutcomes, followOutcomes, printReplayOutcomes } from './follow.ts';
import { createMatcher, type ReplaySettings, toFilter } from './options.ts';
import { createThrottle, interruptibleSleep } from './pace.ts';
import { countNotReceived } from './read.ts';
import { type ReplayCounts, replayDeadLetters } from './replay.ts';
import { openReplayAudit, type ReplayAudit } from './replay-audit.ts';
import { type Scan, scanVisibilitySeconds, withScan } from './scan.ts';

/** `dlq replay --yes`: sends the matching dead letters, and follows them if `--wait` is given. */
export async function runReplay(
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> {
  const { name, aws, deadLetterQueueUrl } = deployment;
  const sqs = new SQSClient(aws.sqs);
  const stop = context.stopSignal();
  const startedAt = Date.now();
  const replayId = newRunId('replay', startedAt);
  const folder = settings.audit ?? defaultAuditFolder(context.root);
  const alreadySent = await sentButNotDeleted(folder, deployment, startedAt);
  const audit = await openReplayAudit(auditPath(folder, replayId), replayId);
  const awsNow = awsClock(sqs);
  const run: ReplayRun = { sqs, replayId, startedAt, alreadySent, audit, awsNow, stop };

  try {
    await audit.writeEvent('started', startedFields(deployment, settings), 'Nothing was sent.');
    const { counts, notReceived, since } = await withScan(
      sqs,
      deadLetterQueueUrl,
      async (scan, before) => {
        // The client has had its first response by now, so that its clock is the one of AWS.
        const since = awsNow();
        const counts = await sendDeadLettersOf(scan, before, run, deployment, settings, context);
        const after = await queueDepth(sqs, deadLetterQueueUrl);
        return { counts, notReceived: countNotReceived(scan, before, after), since };
      },
    );
    const { visible, inFlight } = await queueDepth(sqs, deadLetterQueueUrl);
    const result = {
      ...counts,
      notReceived,
      stopped: stop.aborted,
      remaining: visible + inFlight,
    };
    await audit.writeEvent('finished', result, `${countsText(counts)}.`);
    if (!settings.json) context.out(printReplay(name, result, audit.path, context.colors));

    const followed = await followIfAsked(counts.sent, since, run, deployment, settings, context);
    const outcomes = 'outcomes' in followed && countReplayOutcomes(followed.outcomes, counts.sent);
    if (settings.json) {
      const fields = { deployment: name, replay: replayId, ...result, audit: audit.path };
      context.out(printJson({ ...fields, ...(outcomes && { outcomes }) }));
    } else if (outcomes) context.out(`\n${printReplayOutcomes(outcomes, context.colors)}`);

    if ('error' in followed) throw followed.error;
    if (counts.failed > 0) return exitCodes.failed;
    return stop.aborted ? exitCodes.stopped : exitCodes.done;
  } finally {
    await audit.close();
  }
}

/** What all parts of one replay use. */
interface ReplayRun {
  sqs: SQSClient;
  replayId: string;
  startedAt: number;
  alreadySent: ReadonlySet<string>;
  audit: ReplayAudit;
  awsNow: () => number;
  stop: AbortSignal;
}

/** Between requests while dead letters are in flight elsewhere. */
const inFlightPollMs = 1000;

/** The most dead letters to receive at once. */
const maxBatchSize = 80;

function startedFields(
  { name, deadLetterQueueUrl, queueUrl }: Deployment,
  { reason, source, ticket, id, olderThan, newerThan, rate, limit }: ReplaySettings,
) {
  const filter = { reason, source, ticket, id, olderThan, newerThan };
  return { deployment: name, deadLetterQueueUrl, queueUrl, filter, rate, limit };
}

/** Sends the dead letters of a scan, with progress; waits a while for those that are in flight elsewhere. */
async function sendDeadLettersOf(
  scan: Scan,
  { visible, inFlight }: QueueDepth,
  { stop, startedAt, awsNow, ...run }: ReplayRun,
  { queueUrl, deadLetterQueueUrl }: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ReplayCounts> {
  const { rate, limit } = settings;
  const sleep = interruptibleSleep(stop);
  if (inFlight > 0) {
    context.err(
      `${inFlight} dead letters are in flight: another command received them. Waiting for them for up to a minute.\n`,
    );
  }
  const waitUntil = inFlight > 0 ? startedAt + scanVisibilitySeconds * 1000 : 0;
  const total = Math.min(visible, limit ?? visible);
  const progress = context.progress({ label: 'Replaying', total });
  try {
    return await replayDeadLetters({
      ...run,
      queueUrl,
      scan,
      matches: createMatcher(toFilter(settings), startedAt),
      waitForInFlight: async () => {
        if (stop.aborted || Date.now() > waitUntil) return false;
        const depth = await queueDepth(run.sqs, deadLetterQueueUrl);
        if (depth.inFlight <= scan.held && depth.visible === 0) return false;
        await sleep(inFlightPollMs);
        return true;
      },
      throttle: createThrottle(rate, stop),
      batchSize: Math.max(1, Math.min(maxBatchSize, Math.ceil(2 * rate))),
      limit,
      isStopped: () => stop.aborted,
      onProgress: ({ sent, resumed, skipped }) =>
        progress.update(
          sent + resumed + (limit === undefined ? skipped : 0),
          skipped > 0 ? `${skipped} skipped` : '',
        ),
      now: awsNow,
    });
  } finally {
    progress.end();
  }
}

function printReplay(
  name: string,
  result: ReplayCounts &
    Readonly<Record<'notReceived' | 'remaining', number>> & { stopped: boolean },
  path: string,
  { bold, yellow, dim }: Colors,
): string {
  const { notReceived, remaining, stopped } = result;
  return [
    `${bold('Replay')}, ${name}: ${countsText(result)}.`,
    ...(stopped ? [`${yellow('!')} Stopped. Run the same command again to continue.`] : []),
    ...(notReceived > 0
      ? [
          `${yellow('!')} ${notReceived} more are in the queue and were not received: run this again in a minute.`,
        ]
      : []),
    `${remaining} dead letters remain. ${dim(`Audit: ${path}`)}`,
    '',
  ].join('\n');
}

function countsText({ sent, resumed, failed }: ReplayCounts): string {
  return [
    `${sent} sent`,
    ...(resumed > 0 ? [`${resumed} deleted that an earlier run had already sent`] : []),
    ...(failed > 0 ? [`${failed} failed and stay in the dead-letter queue`] : []),
  ].join(', ');
}

/** Follows the sent messages if `--wait` is given. An error is returned: the result is printed first. */
async function followIfAsked(
  sent: number,
  since: number,
  { replayId, audit, awsNow, stop }: ReplayRun,
  deployment: Deployment,
  { wait }: ReplaySettings,
  context: Context,
): Promise<{ outcomes: ReadonlyMap<string, string> } | { error: unknown } | Record<never, never>> {
  if (wait === undefined || sent === 0 || stop.aborted) return {};
  try {
    const target = { replayId, total: sent, since, awsNow };
    const outcomes = await followOutcomes(deployment, target, wait, stop, context);
    await audit.write(
      [...outcomes].map(([deadLetterId, outcome]) => ({ event: 'outcome', deadLetterId, outcome })),
    );
    return { outcomes };
  } catch (error) {
    return { error };
  }
}
