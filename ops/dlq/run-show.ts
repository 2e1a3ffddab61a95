import { SQSClient } from '@aws-sdk/client-sqs';
import type { Message } from '../../shared/message/message.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { printJson } from '../printable.ts';
import { operatorTaskRouter } from '../twilio/operator-task-router.ts';
import { findLetter } from './find-letter.ts';
import { type Foreseen, foresee } from './foresee.ts';
import { onWalk } from './open-walk.ts';
import { printLetter } from './print-letter.ts';
import { letterJson } from './print-letters.ts';

export interface ShowSettings {
  readonly json?: true;
}

/** What a replay would do, or why that cannot be told: the letter itself is worth showing all the same. */
const foreseeOrSay = async (
  message: Message,
  deployment: Deployment,
): Promise<Foreseen | Failure> => {
  try {
    const foreseen = await foresee(message, operatorTaskRouter(deployment));
    const { outcome } = foreseen;
    return outcome.outcome === 'retry' && outcome.reason === 'unauthorized'
      ? new Failure(
          `What would happen is not known: Twilio refuses your API key (${outcome.detail}).`,
          'Check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET: the key must read Tasks and Reservations.',
        )
      : foreseen;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
};

const foreseenJson = (foreseen: Foreseen | Failure | undefined) =>
  foreseen instanceof Failure ? { unknown: foreseen.message, next: foreseen.next } : foreseen;

/** Shows one dead letter, and what a replay of it would do. */
export const runShow = async (
  deployment: Deployment,
  idStart: string,
  { json }: ShowSettings,
  context: Context,
): Promise<ExitCode> => {
  const { aws, deadLetterQueueUrl } = deployment;
  const stop = context.stopSignal();
  const letter = await onWalk(new SQSClient(aws.sqs), deadLetterQueueUrl, (walk) =>
    findLetter(walk, idStart, () => stop.aborted),
  );
  if (letter === undefined) return exitCodes.stopped;
  const { message } = letter;
  const foreseen = message && (await foreseeOrSay(message, deployment));
  context.out(
    json
      ? printJson({ ...letterJson(letter), message, ifReplayed: foreseenJson(foreseen) })
      : printLetter(letter, foreseen, Date.now(), context.colors),
  );
  return exitCodes.done;
};
