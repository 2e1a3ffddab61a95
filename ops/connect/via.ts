import type { Deployment } from '../deployment/deployment.ts';
import type { OperatorClient } from '../twilio/operator-client.ts';
import type { CallbackStep } from './callback-step.ts';
import type { EventStreamsStep } from './event-streams-step.ts';
import type { ConnectPlan } from './plan.ts';

export type ConnectStep = EventStreamsStep | CallbackStep;

/** One of the two ways in which Twilio tells of TaskRouter's events. */
export interface ConnectMethod<OneStep extends ConnectStep> {
  /** Looks at what is there, and plans what has to be done. Writes nothing. */
  plan(client: OperatorClient, deployment: Deployment, remove: boolean): Promise<ConnectPlan<OneStep>>;
  /** Makes a function that takes the steps of one plan, one after another. */
  createApplier(client: OperatorClient): (step: OneStep) => Promise<void>;
}
