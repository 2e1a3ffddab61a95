import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsProblem } from '../aws/aws-problem.ts';
import { queueDepth } from '../aws/queue-depth.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { printJson } from '../printable.ts';
import {
  type Audit,
  auditPath,
  newRunId,
  openAudit,
  sentButNotDeleted,
  usualFolder,
} from './audit.ts';
import { awsClock } from './aws-clock.ts';
import { filterBy } from './filter.ts';
import { toFilter } from './filter-options.ts';
import { type FollowOptions, followReplay } from './follow.ts';
import { hiddenSeconds } from './letters.ts';
import { onWalk } from './open-walk.ts';
import { keepPace } from './pace.ts';
import { countOutcomes, printOutcomes } from './print-outcomes.ts';
import { type Replayed, replayLetters } from './replay.ts';
import type { ReplaySettings } from './replay-settings.ts';
import { countUnseen } from './unseen.ts';

const usualWaitMs = 600_000;
/** Between looks for letters that others hold. */
const comeBackPauseMs = 1000;
/** How often the log is asked: CloudWatch allows few requests a second, and shows lines seconds late. */
const followPauseMs = { aws: 5000, local: 500 };

/** Sleeps, and no longer than until it is stopped. */
const interruptible =
  (stop: AbortSignal) =>
  (ms: number): Promise<unknown> =>
    delay(ms, undefined, { signal: stop }).catch(() => {});

const open = (path: string): Promise<Audit> =>
  openAudit(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      `The audit file ${path} cannot be made (${error.code}). Nothing was sent.`,
      'Name a folder that you may write to: --audit <folder>.',
      { cause: error },
    );
  });

/** Notes what has no message to it; a disk that is full is told with what to do. */
const noteIn =
  (audit: Audit, replay: string) =>
  (event: string, fields: object, done: string): Promise<void> =>
    audit
      .write([{ at: new Date().toISOString(), event, replay, ...fields }])
      .catch((error: NodeJS.ErrnoException) => {
        throw new Failure(
          `The audit file ${audit.path} cannot be written (${error.code}). ${done}`,
          'Make room on that disk, or name a folder on another: --audit <folder>.',
          { cause: error },
        );
      });

const inWords = ({ sent, finished, failed }: Replayed): string =>
  [
    `${sent} sent`,
    ...(finished > 0
      ? [`${finished} that an earlier run had sent and not deleted are gone now`]
      : []),
    ...(failed > 0 ? [`${failed} failed and are dead letters still`] : []),
  ].join(', ');

/** Sends the dead letters that are meant, tells how far it is, and follows them where that is asked for. */
export const runReplay = async (
  deployment: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> => {
  const { name, aws, deadLetterQueueUrl, queueUrl } = deployment;
  const sqs = new SQSClient(aws.sqs);
  const stop = context.stopSignal();
  const sleep = interruptible(stop);
  const began = Date.now();
  const replay = newRunId('replay', began);
  const folder = settings.audit ?? usualFolder(context.root);
  const alreadySent = await sentButNotDeleted(folder, deployment, began);
  const audit = await open(auditPath(folder, replay));
  const note = noteIn(audit, replay);
  const awsNow = awsClock(sqs);

  try {
    const { reason, source, ticket, id, olderThan, newerThan, rate, limit } = settings;
    const filter = { reason, source, ticket, id, olderThan, newerThan };
    const about = { deployment: name, deadLetterQueueUrl, queueUrl, filter, rate, limit };
    await note('began', about, 'Nothing was sent.');

    const {
      counts: replayed,
      unseen,
      since,
    } = await onWalk(sqs, deadLetterQueueUrl, async (walk, before) => {
      const { visible, hidden } = before;
      const since = awsNow();
      if (hidden > 0) {
        context.err(
          `${hidden} dead letters are in the hands of another command, or of one that was killed: they are waited for, a minute at the most.\n`,
        );
      }
      const waitUntil = hidden > 0 ? began + hiddenSeconds * 1000 : 0;
      const progress = context.progress({
        what: 'Replaying',
        total: Math.min(visible, limit ?? visible),
      });
      try {
        const counts = await replayLetters({
          sqs,
          queueUrl,
          walk,
          replay,
          wants: filterBy(toFilter(settings), began),
          alreadySent,
          audit,
          mayComeBack: async () => {
            if (stop.aborted || Date.now() > waitUntil) return false;
            const depth = await queueDepth(sqs, deadLetterQueueUrl);
            if (depth.hidden <= walk.held() && depth.visible === 0) return false;
            await sleep(comeBackPauseMs);
            return true;
          },
          turn: keepPace(rate, Date.now, sleep).turn,
          inHand: Math.max(1, Math.min(80, Math.ceil(2 * rate))),
          limit,
          isStopped: () => stop.aborted,
          onProgress: ({ sent, finished, passedOver }) =>
            progress.update(
              sent + finished + (limit === undefined ? passedOver : 0),
              passedOver > 0 ? `${passedOver} passed over` : '',
            ),
          now: awsNow,
        });
        const unseen = countUnseen(walk, before, await queueDepth(sqs, deadLetterQueueUrl));
        return { counts, unseen, since };
      } finally {
        progress.end();
      }
    });
    const left = await queueDepth(sqs, deadLetterQueueUrl);
    const ended = { ...replayed, unseen, stopped: stop.aborted, left: left.visible + left.hidden };
    await note('ended', ended, `${inWords(replayed)}.`);

    if (!settings.json) {
      const { bold, yellow, dim } = context.colors;
      context.out(`${bold('Replay')}, ${name}: ${inWords(replayed)}.\n`);
      if (stop.aborted) context.out(`${yellow('!')} Stopped. The same command again goes on.\n`);
      if (unseen > 0) {
        const text = 'more are told of by the queue and were not seen: run it again in a minute.';
        context.out(`${yellow('!')} ${unseen} ${text}\n`);
      }
      context.out(
        `${left.visible + left.hidden} dead letters are left. ${dim(`Audit: ${audit.path}`)}\n`,
      );
    }

    let problem: unknown;
    const outcomes =
      settings.wait === undefined || replayed.sent === 0 || stop.aborted
        ? undefined
        : await follow(deployment, settings.wait, context, stop, {
            replay,
            since,
            awsNow,
            letters: replayed.sent,
          }).catch((error: unknown) => {
            problem = error;
            return undefined;
          });
    if (outcomes !== undefined) {
      await audit.write(
        [...outcomes].map(([letter, outcome]) => ({ event: 'came-to', letter, outcome })),
      );
    }
    const counts = outcomes && countOutcomes(outcomes, replayed.sent);
    if (settings.json) {
      context.out(
        printJson({
          deployment: name,
          replay,
          ...ended,
          audit: audit.path,
          ...(counts && { outcomes: counts }),
        }),
      );
    } else if (counts !== undefined) context.out(`\n${printOutcomes(counts, context.colors)}`);

    if (problem !== undefined) throw problem;
    if (replayed.failed > 0) return exitCodes.failed;
    return stop.aborted ? exitCodes.stopped : exitCodes.done;
  } finally {
    await audit.close();
  }
};

const follow = async (
  { aws, syncLogGroup }: Deployment,
  wait: number | true,
  context: Context,
  stop: AbortSignal,
  following: Pick<FollowOptions, 'replay' | 'letters' | 'since' | 'awsNow'>,
): Promise<ReadonlyMap<string, string>> => {
  const end = Date.now() + (wait === true ? usualWaitMs : wait);
  const progress = context.progress({ what: 'Following', total: following.letters });
  try {
    return await followReplay({
      logs: new CloudWatchLogsClient(aws.logs),
      logGroup: syncLogGroup,
      ...following,
      pauseMs: aws.cloudWatch === undefined ? followPauseMs.local : followPauseMs.aws,
      isStopped: () => stop.aborted || Date.now() > end,
      onProgress: progress.update,
      sleep: interruptible(stop),
    });
  } catch (error) {
    throw awsProblem(
      error,
      "Reading the sync's log",
      'All was sent: only what it came to is not known.',
    );
  } finally {
    progress.end();
  }
};
