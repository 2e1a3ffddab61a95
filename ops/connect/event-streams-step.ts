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
