import { newSid } from '../sids.ts';
import { type EventType, streamPrefix } from './event-types.ts';

export interface SinkConfiguration {
  readonly destination: string;
  readonly method: 'POST';
  readonly batch_events: boolean;
}

/** Where Event Streams delivers to. */
export interface Sink {
  readonly sid: string;
  /** Counts up as Sinks are made; so it is in Subscriptions. */
  readonly number: number;
  readonly configuration: SinkConfiguration;
  readonly createdAt: number;
  updatedAt: number;
  description: string;
}

/** Which events go to a Sink. */
export interface Subscription {
  readonly sid: string;
  readonly number: number;
  readonly sinkSid: string;
  readonly createdAt: number;
  updatedAt: number;
  description: string;
  /** Versions of schemas, by the names of the events in Event Streams. */
  readonly types: Map<string, number>;
}

/** What is set up in Event Streams. */
export class EventStreams {
  readonly sinks = new Map<string, Sink>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  addSink(description: string, configuration: SinkConfiguration): Sink {
    const sink = { ...this.#made('DG'), description, configuration };
    this.sinks.set(sink.sid, sink);
    return sink;
  }

  addSubscription(
    description: string,
    sinkSid: string,
    types: ReadonlyMap<string, number>,
  ): Subscription {
    const subscription = { ...this.#made('DF'), description, sinkSid, types: new Map(types) };
    this.subscriptions.set(subscription.sid, subscription);
    return subscription;
  }

  describe(one: Sink | Subscription, description: string): void {
    one.description = description;
    one.updatedAt = this.#now();
  }

  isInUse({ sid }: Sink): boolean {
    return [...this.subscriptions.values()].some(({ sinkSid }) => sinkSid === sid);
  }

  /** The Sinks that get events of a type: each once, however many Subscriptions lead to it. */
  sinksFor(type: EventType): readonly Sink[] {
    const wanted = [...this.subscriptions.values()].filter(({ types }) =>
      types.has(streamPrefix + type),
    );
    return [...this.sinks.values()].filter(({ sid }) =>
      wanted.some(({ sinkSid }) => sinkSid === sid),
    );
  }

  #made(prefix: string) {
    const createdAt = this.#now();
    this.#count += 1;
    return { sid: newSid(prefix), number: this.#count, createdAt, updatedAt: createdAt };
  }
}
