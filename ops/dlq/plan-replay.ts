import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { printJson } from '../printable.ts';
import { spanText } from '../time-text.ts';
import { collectLetters } from './collect-letters.ts';
import { filterBy, isUnfiltered } from './filter.ts';
import { toFilter } from './filter-options.ts';
import { onWalk } from './open-walk.ts';
import { printSummary } from './print-summary.ts';
import type { ReplaySettings } from './replay-settings.ts';
import { summarise } from './summary.ts';

const bySqsHint =
  'These are all there are: --by-sqs has SQS move them itself, without this machine and without an audit.';

/** The dry run: counts what would be sent, and sends nothing. */
export const planReplay = async (
  { name, aws, deadLetterQueueUrl }: Deployment,
  settings: ReplaySettings,
  context: Context,
): Promise<ExitCode> => {
  const stop = context.stopSignal();
  const now = Date.now();
  const filter = toFilter(settings);
  const { letters, about } = await onWalk(
    new SQSClient(aws.sqs),
    deadLetterQueueUrl,
    async (walk, about) => {
      const progress = context.progress({ what: 'Reading', total: about.visible });
      const wants = filterBy(filter, now);
      const letters = await collectLetters(walk, wants, () => stop.aborted, progress.update);
      progress.end();
      return { letters, about };
    },
  );
  const summary = summarise(letters, now);
  const count = Math.min(letters.length, settings.limit ?? letters.length);
  if (settings.json) {
    context.out(
      printJson({ deployment: name, wouldSend: count, hidden: about.hidden, matching: summary }),
    );
  } else {
    const { bold, yellow } = context.colors;
    const takes = spanText((count / settings.rate) * 1000);
    const lines = [
      `${bold('Replay')}, ${name}: ${count === 0 ? 'no dead letter is meant' : `${count} dead letters would be sent again, in ${takes} at ${settings.rate} a second`}`,
      ...(count < letters.length ? [`  of ${letters.length} that are meant`] : []),
      '',
      ...(count === 0 ? [] : [printSummary(summary, now, context.colors)]),
      ...(about.hidden > 0
        ? [
            `${yellow('!')} ${about.hidden} more are in the hands of another command, or of one that was killed.`,
          ]
        : []),
      ...(count > 0 && isUnfiltered(filter) && settings.limit === undefined ? [bySqsHint] : []),
      count === 0 ? 'Nothing to do.' : 'This is the plan; nothing was sent. Add --yes to do it.',
      '',
    ];
    context.out(lines.join('\n'));
  }
  if (stop.aborted) return exitCodes.stopped;
  return count === 0 ? exitCodes.done : exitCodes.wouldChange;
};
