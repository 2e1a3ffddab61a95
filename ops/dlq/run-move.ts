import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsProblem } from '../aws/aws-problem.ts';
import { queueDepth } from '../aws/queue-depth.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { printJson } from '../printable.ts';
import { mostPerSecond, moveBySqs } from './move-by-sqs.ts';
import type { ReplaySettings } from './replay-settings.ts';

/** Has SQS move all dead letters, and tells how far it is. */
export const runMove = async (
  { name, aws, deadLetterQueueUrl, queueUrl }: Deployment,
  { rate, json }: ReplaySettings,
  context: Context,
): Promise<ExitCode> => {
  const sqs = new SQSClient(aws.sqs);
  const stop = context.stopSignal();
  const perSecond = Math.max(1, Math.min(mostPerSecond, Math.round(rate)));
  if (perSecond !== rate) {
    context.err(`SQS moves 1 to ${mostPerSecond} a second, by whole numbers: ${perSecond} here.\n`);
  }
  try {
    const { visible } = await queueDepth(sqs, deadLetterQueueUrl);
    const progress = context.progress({ what: 'SQS is moving', total: visible });
    const { status, moved, failure } = await moveBySqs({
      sqs,
      deadLetterQueueUrl,
      queueUrl,
      perSecond,
      stop,
      onProgress: (moved) => progress.update(moved),
      sleep,
    }).finally(progress.end);
    if (status === 'FAILED') {
      throw new Failure(
        `SQS gave up after ${moved}: ${failure ?? 'it does not say why'}.`,
        'What was not moved is a dead letter still. Without --by-sqs they are sent from this machine.',
      );
    }
    const { visible: left, hidden } = await queueDepth(sqs, deadLetterQueueUrl);
    if (json) context.out(printJson({ deployment: name, status, moved, perSecond, left, hidden }));
    else {
      const inHands = hidden > 0 ? `, and ${hidden} in the hands of other commands` : '';
      const stopped = status === 'CANCELLED' ? ' Stopped; the same command again goes on.' : '';
      context.out(
        `Moved by SQS, ${name}: about ${moved}; ${left} dead letters are left${inHands}.${stopped}\n`,
      );
    }
    return status === 'CANCELLED' ? exitCodes.stopped : exitCodes.done;
  } catch (error) {
    throw awsProblem(error, 'Having SQS move the dead letters');
  }
};
