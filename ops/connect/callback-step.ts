/** What a Workspace says of its one event callback; no events named means all of them. */
export interface EventCallback {
  readonly url: string;
  readonly events: readonly string[];
}

/** The one step there can be for a Workspace's event callback. */
export interface CallbackStep {
  readonly action: 'keep' | 'change';
  readonly resource: 'event-callback';
  readonly workspace: string;
  readonly from: EventCallback;
  readonly to: EventCallback;
}
