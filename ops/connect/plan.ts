import type { Deployment } from '../deployment/deployment.ts';
import type { OperatorClient } from '../twilio.ts';

/** Steps in the order in which to apply them, and notes for the operator. */
export interface ConnectPlan<Step> {
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}

/** The event callback of a Workspace; an empty list of events means all events. */
export interface EventCallback {
  readonly url: string;
  readonly events: readonly string[];
}

/** The step for the event callback of a Workspace. */
export interface CallbackStep {
  readonly action: 'keep' | 'change';
  readonly resource: 'event-callback';
  readonly workspace: string;
  readonly from: EventCallback;
  readonly to: EventCallback;
}

/** An event type of a subscription, and the version of its schema. */
export interface SubscribedEvent {
  readonly type: string;
  readonly schemaVersion: number;
}

/** One step of a plan for Event Streams. A `subscription` or `sink` without SID is the one just created. */
export type EventStreamsStep =
  | { readonly action: 'keep'; readonly resource: 'sink'; readonly sid: string }
  | {
      readonly action: 'keep';
      readonly resource: 'subscription';
      readonly sid: string;
      readonly types: number;
    }
  | {
      readonly action: 'create';
      readonly resource: 'sink';
      readonly description: string;
      readonly destination: string;
    }
  | {
      readonly action: 'change';
      readonly resource: 'sink';
      readonly sid: string;
      readonly description: string;
    }
  | {
      readonly action: 'create';
      readonly resource: 'subscription';
      readonly sink: string | undefined;
      readonly description: string;
      readonly types: readonly SubscribedEvent[];
    }
  | {
      readonly action: 'create' | 'change';
      readonly resource: 'event-type';
      readonly subscription: string;
      readonly type: SubscribedEvent;
    }
  | {
      readonly action: 'delete';
      readonly resource: 'event-type';
      readonly subscription: string;
      readonly type: SubscribedEvent;
    }
  | {
      readonly action: 'delete';
      readonly resource: 'sink' | 'subscription';
      readonly sid: string;
      readonly reason: string;
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
