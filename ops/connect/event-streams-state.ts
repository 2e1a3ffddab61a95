import type { EventType } from './event-streams-step.ts';

/** A sink as far as it matters here; `destination` and what follows it are those of a webhook. */
export interface Sink {
  readonly sid: string;
  readonly description: string;
  readonly status: string;
  readonly destination?: string | undefined;
  readonly method?: string | undefined;
  readonly batchesEvents?: boolean | undefined;
}

export interface Subscription {
  readonly sid: string;
  readonly sink: string;
  readonly description: string;
  readonly types: readonly EventType[];
}

/** What an account has of Event Streams, as far as it concerns us. */
export interface EventStreams {
  readonly sinks: readonly Sink[];
  /** Those on sinks that are ours or send to us. */
  readonly subscriptions: readonly Subscription[];
}

/** What the sink and the subscription of a deployment are described as: by this they are known. */
export const descriptionOf = (taskEventsUrl: string): string => `crm-media-sync ${taskEventsUrl}`;

/** Whether a sink is one that we made, or sends to where ours does. */
export const concerns = (sink: Sink, taskEventsUrl: string): boolean =>
  sink.description === descriptionOf(taskEventsUrl) || sink.destination === taskEventsUrl;
