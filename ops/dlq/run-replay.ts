import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions, type QueueDepth, queueDepth } from '../aws.ts';
import type { Colors, Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { taskRouterProblem } from '../task-router.ts';
import { escapeUnprintable, formatDuration, printJson } from '../text.ts';
import {
  auditPath,
  defaultAuditFolder,
  newRunId,
  openReplayAudit,
  type ReplayAudit,
  sentButNotDeleted,
} from './audit.ts';
import {
  countReplayOutcomes,
  type FollowedOutcomes,
  followOutcomes,
  hasFailedAgain,
  printReplayOutcomes,
} from './follow.ts';
import { createMatcher, type ReplaySettings, toFilter } from './options.ts';
import type { DlqQueue } from './queue.ts';
import { countNotReceived } from './read.ts';
import { type ReplayCounts, replayDeadLetters } from './replay.ts';
import { type Scan, scanVisibilitySeconds, withScan } from './scan.ts';
import { createEventSender, sendDeadLetters } from './send-dead-letters.ts';
import { awsClock, createThrottle, interruptibleSleep, isRateMissed } from './timing.ts';

/** `dlq replay --yes`: sends the matching dead letters, and follows them if `--wait` is given. */
export async function runReplay(
  deployment: Deployment,
  queue: DlqQueue,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> {
  const { name, aws } = deployment;
  const stop = context.stopSignal();
  if (queue.name !== 'events' && !settings.force) await assertTaskRouterWorks(deployment, stop);
  if (stop.aborted) return exitCodes.stopped;
  const sqs = new SQSClient(awsClientOptions(aws.sqs));
  const startedAt = Date.now();
  const replayId = newRunId('replay', startedAt);
  const folder = settings.audit ?? defaultAuditFolder(context.root);
  const queueUrls = { deadLetterQueueUrl: queue.url, queueUrl: deployment.queueUrls.changes };
  const alreadySent = await sentButNotDeleted(folder, queueUrls, startedAt);
  const audit = await openReplayAudit(auditPath(folder, replayId), replayId);
  const awsNow = awsClock(sqs);
  const run: ReplayRun = { sqs, queue, replayId, startedAt, alreadySent, audit, awsNow, stop };

  try {
    const started = { deployment: name, ...queueUrls, ...startedFields(settings) };
    await audit.writeEvent('started', started, 'Nothing was sent.');
    const replayed = await withScan(sqs, queue, stop, async (scan, before) => {
      // By now, the client has had its first response. So its clock is the clock of AWS.
      const since = awsNow();
      const sending = await sendDeadLettersOf(scan, before, run, deployment, settings, context);
      const after = await queueDepth(sqs, queue.url);
      return { ...sending, notReceived: countNotReceived(scan, before, after), since };
    });
    if (replayed === undefined) return exitCodes.stopped;
    const { counts, perSecond, notReceived, since } = replayed;
    const { visible, inFlight } = await queueDepth(sqs, queue.url);
    const remaining = visible + inFlight;
    const result = { ...counts, perSecond, notReceived, stopped: stop.aborted, remaining };
    await audit.writeEvent('finished', result, `${countsText(counts)}.`);
    if (!settings.json)
      context.out(printReplay(name, queue, result, run, settings, context.colors));

    const followed = await followIfAsked(counts.sent, since, run, deployment, settings, context);
    const outcomes = 'outcomes' in followed && countReplayOutcomes(followed, counts.sent);
    if (settings.json) {
      const fields = { deployment: name, queue: queue.name, replay: replayId, ...result };
      context.out(printJson({ ...fields, audit: audit.path, ...(outcomes && { outcomes }) }));
    } else if (outcomes) context.out(`\n${printReplayOutcomes(outcomes, context.colors)}`);

    if ('error' in followed) throw followed.error;
    // If crm-change fails on an event, the event stays in the queue. It has failed again.
    if (counts.failed > 0)
      return queue.name === 'events' ? exitCodes.failedAgain : exitCodes.failed;
    if ('outcomes' in followed && hasFailedAgain(followed)) return exitCodes.failedAgain;
    return stop.aborted ? exitCodes.stopped : exitCodes.done;
  } finally {
    await audit.close();
  }
}

/** The data that all parts of one replay share. */
interface ReplayRun {
  sqs: SQSClient;
  queue: DlqQueue;
  replayId: string;
  startedAt: number;
  alreadySent: ReadonlySet<string>;
  audit: ReplayAudit;
  awsNow: () => number;
  stop: AbortSignal;
}

/** The pause between requests while another command has dead letters, in milliseconds. */
const inFlightPollMs = 1000;

/** The most dead letters to receive at once. */
const maxBatchSize = 160;

/** With 60 ms for a request, 16 batches of ten give a thousand dead letters a second. */
const parallelSends = 16;

/** @throws Failure if TaskRouter does not work, because sync would then only retry for 6.5 hours */
async function assertTaskRouterWorks(deployment: Deployment, stop: AbortSignal): Promise<void> {
  const problem = await taskRouterProblem(deployment, stop);
  if (problem === undefined || stop.aborted) return;
  throw new Failure(
    `${problem} Nothing was sent: sync would only retry the messages.`,
    'Run this again when doctor shows that TaskRouter works, or add --force.',
  );
}

function startedFields(settings: ReplaySettings) {
  const { reason, source, ticket, id, olderThan, newerThan, rate, limit } = settings;
  return { filter: { reason, source, ticket, id, olderThan, newerThan }, rate, limit };
}

/** Sends the dead letters of a scan, with progress. Waits some time for those that another command has received. */
async function sendDeadLettersOf(
  scan: Scan,
  before: QueueDepth,
  { queue, stop, startedAt, awsNow, ...run }: ReplayRun,
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<{ counts: ReplayCounts; perSecond: number }> {
  const { visible, inFlight } = before;
  const { rate, limit } = settings;
  const sleep = interruptibleSleep(stop);
  const maxWaitMs = inFlight > 0 ? scanVisibilitySeconds(before) * 1000 : 0;
  if (inFlight > 0) {
    context.err(
      `${inFlight} ${queue.many} are in flight: another command received them. Waiting for them for up to ${formatDuration(maxWaitMs)}.\n`,
    );
  }
  const waitUntil = startedAt + maxWaitMs;
  const total = Math.min(visible, limit ?? visible);
  const progress = context.progress({ label: 'Replaying', total });
  const stopwatch = createStopwatch();
  try {
    const counts = await replayDeadLetters({
      ...run,
      send:
        queue.name === 'events'
          ? createEventSender(deployment)
          : (deadLetters) =>
              sendDeadLetters(run.sqs, deployment.queueUrls, run.replayId, deadLetters),
      scan,
      matches: createMatcher(toFilter(settings), startedAt),
      waitForInFlight: async () => {
        if (stop.aborted || Date.now() >= waitUntil) return false;
        const depth = await queueDepth(run.sqs, queue.url);
        if (depth.inFlight <= scan.held && depth.visible === 0) return false;
        await stopwatch.without(() => sleep(inFlightPollMs));
        return true;
      },
      throttle: createThrottle(rate, stop),
      batchSize: Math.max(1, Math.min(maxBatchSize, Math.ceil(2 * rate))),
      parallelSends,
      limit,
      isStopped: () => stop.aborted,
      onProgress: ({ sent, resumed, skipped, failed }) =>
        progress.update(
          sent + resumed + (limit === undefined ? skipped : 0),
          [`${sent} sent`, skipped > 0 && `${skipped} skipped`, failed > 0 && `${failed} failed`]
            .filter(Boolean)
            .join(', '),
        ),
      now: awsNow,
    });
    return { counts, perSecond: stopwatch.perSecond(counts.sent) };
  } finally {
    progress.end();
  }
}

/** Measures the time for sending, without the waits for other commands. */
function createStopwatch() {
  const start = performance.now();
  let pausedMs = 0;
  return {
    without: async (wait: () => Promise<unknown>): Promise<void> => {
      const pausedAt = performance.now();
      await wait();
      pausedMs += performance.now() - pausedAt;
    },
    /** The average rate. */
    perSecond: (count: number): number =>
      Number(((count * 1000) / (performance.now() - start - pausedMs)).toPrecision(3)),
  };
}

function printReplay(
  name: string,
  queue: DlqQueue,
  result: ReplayCounts &
    Readonly<Record<'perSecond' | 'notReceived' | 'remaining', number>> & { stopped: boolean },
  { audit: { path } }: ReplayRun,
  { rate }: ReplaySettings,
  { bold, yellow, dim }: Colors,
): string {
  const { notReceived, remaining, stopped, perSecond, failures } = result;
  return [
    `${bold('Replay')}, ${name}: ${countsText(result)}.`,
    ...Object.entries(failures).map(
      ([error, count]) => `${yellow('!')} ${count} failed: ${escapeUnprintable(error)}`,
    ),
    ...(stopped ? [`${yellow('!')} Stopped. Run the same command again to continue.`] : []),
    ...(notReceived > 0
      ? [
          `${yellow('!')} ${notReceived} more are in the queue and were not received: run this again in a minute.`,
        ]
      : []),
    ...(isRateMissed(result, rate)
      ? [
          `${yellow('!')} --rate ${rate} was not reached: ${perSecond} per second. AWS does not answer this machine faster.`,
        ]
      : []),
    `${remaining === 1 ? `1 ${queue.one} remains` : `${remaining} ${queue.many} remain`}. ${dim(`Audit: ${path}`)}`,
    '',
  ].join('\n');
}

function countsText({ sent, tickets, resumed, failed }: ReplayCounts): string {
  return [
    tickets === 0
      ? `${sent} sent`
      : `${sent} sent about ${tickets} ${tickets === 1 ? 'ticket' : 'tickets'}`,
    ...(resumed > 0 ? [`${resumed} deleted that an earlier run had already sent`] : []),
    ...(failed > 0 ? [`${failed} failed and stay in the queue`] : []),
  ].join(', ');
}

/** Follows the sent messages if `--wait` is given. An error is returned, because the result is printed first. */
async function followIfAsked(
  sent: number,
  since: number,
  { replayId, audit, awsNow, stop }: ReplayRun,
  deployment: Deployment,
  { wait }: ReplaySettings,
  context: Context,
): Promise<FollowedOutcomes | { error: unknown } | Record<never, never>> {
  if (wait === undefined || sent === 0 || stop.aborted) return {};
  try {
    const target = { replayId, total: sent, since, awsNow };
    const followed = await followOutcomes(deployment, target, wait, stop, context);
    await audit.write(
      [...followed.outcomes].map(([deadLetterId, outcome]) => ({
        event: 'outcome',
        deadLetterId,
        outcome,
      })),
    );
    return followed;
  } catch (error) {
    return { error };
  }
}
