import type { Deployment } from '../deployment/deployment.ts';
import type { OperatorClient } from '../twilio.ts';

/** Steps in the order in which to apply them, and notes for the operator. */
export interface ConnectPlan<Step> {
  steps: readonly Step[];
  notes: readonly string[];
}

/** The event callback of a Workspace; an empty list of events means all events. */
export interface EventCallback {
  url: string;
  events: readonly string[];
}

/** The step for the event callback of a Workspace. */
export interface CallbackStep {
  action: 'keep' | 'change';
  resource: 'event-callback';
  workspace: string;
  from: EventCallback;
  to: EventCallback;
}

/** An event type of a subscription, and the version of its schema. */
export interface SubscribedEvent {
  type: string;
  schemaVersion: number;
}

/** One step of a plan for Event Streams. A `subscription` or `sink` without SID is the one just created. */
export type EventStreamsStep =
  | { action: 'keep'; resource: 'sink'; sid: string }
  | {
      action: 'keep';
      resource: 'subscription';
      sid: string;
      types: number;
    }
  | {
      action: 'create';
      resource: 'sink';
      description: string;
      destination: string;
    }
  | {
      action: 'change';
      resource: 'sink';
      sid: string;
      description: string;
    }
  | {
      action: 'create';
      resource: 'subscription';
      sink: string | undefined;
      description: string;
      types: readonly SubscribedEvent[];
    }
  | {
      action: 'create' | 'change';
      resource: 'event-type';
      subscription: string;
      type: SubscribedEvent;
    }
  | {
      action: 'delete';
      resource: 'event-type';
      subscription: string;
      type: SubscribedEvent;
    }
  | {
      action: 'delete';
      resource: 'sink' | 'subscription';
      sid: string;
      reason: string;
    };

export type ConnectStep = EventStreamsStep | CallbackStep;

/** One of the two ways in which Twilio sends TaskRouter events. */
export interface ConnectMethod<OneStep extends ConnectStep> {
  /** Reads the current configuration and plans the changes. Writes nothing. */
  plan(
    client: OperatorClient,
    deployment: Deployment,
    remove: boolean,
  ): Promise<ConnectPlan<OneStep>>;
  /** Creates a function that applies the steps of one plan, called in their order. */
  createApplier(client: OperatorClient): (step: OneStep) => Promise<void>;
}
