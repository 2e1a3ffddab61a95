import type { Deployment } from '../deployment/deployment.ts';
import type { OperatorClient } from '../twilio/operator-client.ts';
import type { CallbackStep } from './callback-step.ts';
import type { EventStreamsStep } from './event-streams-step.ts';
import type { Plan } from './plan.ts';

export type Step = EventStreamsStep | CallbackStep;

/** One of the two ways in which Twilio tells of TaskRouter's events. */
export interface Via<Taken extends Step> {
  /** Looks at what is there, and plans what has to be done. Writes nothing. */
  plan(client: OperatorClient, deployment: Deployment, remove: boolean): Promise<Plan<Taken>>;
  /** Makes a function that takes the steps of one plan, one after another. */
  taker(client: OperatorClient): (step: Taken) => Promise<void>;
}
