import type { SubscribedEvent } from './event-streams-step.ts';

/** A sink as far as it matters here; `destination` and what follows it are those of a webhook. */
export interface SinkState {
  readonly sid: string;
  readonly description: string;
  readonly status: string;
  readonly destination?: string | undefined;
  readonly method?: string | undefined;
  readonly batchesEvents?: boolean | undefined;
}

export interface SubscriptionState {
  readonly sid: string;
  readonly sink: string;
  readonly description: string;
  readonly types: readonly SubscribedEvent[];
}

/** What an account has of Event Streams, as far as it concerns us. */
export interface EventStreamsState {
  readonly sinks: readonly SinkState[];
  /** Those on sinks that are ours or send to us. */
  readonly subscriptions: readonly SubscriptionState[];
}

/** What the sink and the subscription of a deployment are described as: by this they are known. */
export const connectDescription = (taskEventsUrl: string): string => `crm-media-sync ${taskEventsUrl}`;

/** Whether a sink is one that we made, or sends to where ours does. */
export const isRelatedSink = (sink: SinkState, taskEventsUrl: string): boolean =>
  sink.description === connectDescription(taskEventsUrl) || sink.destination === taskEventsUrl;
