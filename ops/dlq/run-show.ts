import { SQSClient } from '@aws-sdk/client-sqs';
import type { Message } from '../../shared/message/message.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { printJson } from '../printable.ts';
import { operatorTaskRouter } from '../twilio/operator-task-router.ts';
import { findDeadLetter } from './find-letter.ts';
import { type Simulation, simulate } from './foresee.ts';
import { withScan } from './open-walk.ts';
import { printDeadLetter } from './print-letter.ts';
import { deadLetterJson } from './print-letters.ts';

export interface ShowSettings {
  readonly json?: true;
}

/** What a replay would do, or why that cannot be told: the letter itself is worth showing all the same. */
const simulateOrFailure = async (
  message: Message,
  deployment: Deployment,
): Promise<Simulation | Failure> => {
  try {
    const simulation = await simulate(message, operatorTaskRouter(deployment));
    const { outcome } = simulation;
    return outcome.outcome === 'retry' && outcome.reason === 'unauthorized'
      ? new Failure(
          `What would happen is not known: Twilio refuses your API key (${outcome.detail}).`,
          'Check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET: the key must read Tasks and Reservations.',
        )
      : simulation;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
};

const simulationJson = (simulation: Simulation | Failure | undefined) =>
  simulation instanceof Failure ? { unknown: simulation.message, next: simulation.next } : simulation;

/** Shows one dead letter, and what a replay of it would do. */
export const runShow = async (
  deployment: Deployment,
  idPrefix: string,
  { json }: ShowSettings,
  context: Context,
): Promise<ExitCode> => {
  const { aws, deadLetterQueueUrl } = deployment;
  const stop = context.stopSignal();
  const deadLetter = await withScan(new SQSClient(aws.sqs), deadLetterQueueUrl, (scan) =>
    findDeadLetter(scan, idPrefix, () => stop.aborted),
  );
  if (deadLetter === undefined) return exitCodes.stopped;
  const { message } = deadLetter;
  const simulation = message && (await simulateOrFailure(message, deployment));
  context.out(
    json
      ? printJson({ ...deadLetterJson(deadLetter), message, ifReplayed: simulationJson(simulation) })
      : printDeadLetter(deadLetter, simulation, Date.now(), context.colors),
  );
  return exitCodes.done;
};
