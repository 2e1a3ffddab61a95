import { EventDeliveries } from './events/deliveries.ts';
import type { EmulatedEvent, EventType } from './events/event.ts';
import { EventStreams } from './events/event-streams.ts';
import {
  defaultSettings,
  drawFault,
  type Fault,
  Settings,
  type SettingsChange,
  seededRandom,
} from './settings.ts';
import { TaskStore } from './tasks/store.ts';
import type { WorkspaceRef } from './tasks/task-json.ts';
import { newWorkspace, type StoredWorkspace } from './tasks/types.ts';

export interface EmulatorOptions {
  /** 0 or none: any free port. */
  port?: number;
  accountSid: string;
  apiKey: string;
  apiSecret: string;
  workspaceSid: string;
  /** Signs the events that are delivered; without it none are. Also lets `accountSid:authToken` in. */
  authToken?: string;
  /** Settings that differ from the defaults; a reset restores them. */
  settings?: Partial<Settings>;
  /** Called when an update of a Task has taken effect; the response waits for it. */
  onUpdate?: (taskSid: string) => void | Promise<void>;
  /** Called with every event when it happens, also if it is delivered late or never. */
  onEvent?: (event: EmulatedEvent) => void;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
}

/** The whole state of an emulator. */
export class EmulatorState {
  readonly options: EmulatorOptions;
  readonly now: () => number;
  readonly store: TaskStore;
  readonly storedWorkspace: StoredWorkspace;
  readonly streams: EventStreams;
  settings: Settings;
  stats: Stats;
  /** Where the emulator listens, e.g. `http://127.0.0.1:40123`; set when it does. */
  url = '';
  readonly #deliveries: EventDeliveries;
  #random: () => number;
  #allowEvaluation: () => boolean;

  constructor(options: EmulatorOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.settings = this.#initialSettings();
    this.stats = emptyStats();
    this.storedWorkspace = newWorkspace(options.accountSid, options.workspaceSid, this.now());
    this.streams = new EventStreams(this.now);
    this.store = new TaskStore(
      this.now,
      () => this.settings.deleteAfterMs,
      (event) => this.#emit(event),
      this.storedWorkspace,
    );
    this.#deliveries = new EventDeliveries({
      authToken: options.authToken,
      workspaceRef: this.storedWorkspace,
      streams: this.streams,
      settings: () => this.settings,
      stats: () => this.stats,
    });
    this.#random = seededRandom(this.settings.seed);
    this.#allowEvaluation = this.#createEvaluationLimiter();
  }

  get workspace(): WorkspaceRef {
    const { accountSid, workspaceSid } = this.options;
    return { accountSid, workspaceSid, url: `${this.url}/v1/Workspaces/${workspaceSid}` };
  }

  /** Changes settings. A seed restarts the sequences of faults and of late events. */
  change(changeSettings: SettingsChange): void {
    this.settings = Settings.parse({ ...this.settings, ...changeSettings });
    if (changeSettings.seed !== undefined) this.#reseed();
  }

  /** The fault of the next call, if it gets one. */
  nextFault(): Fault | undefined {
    return drawFault(this.#random, this.settings);
  }

  /** Whether one more evaluation is within the limit; counts it if it is. */
  allowEvaluation(): boolean {
    return this.#allowEvaluation();
  }

  /**
   * Deletes the Tasks, the undelivered events and the stats, and restores the settings of the start. The event
   * callback, Sinks and Subscriptions stay.
   */
  reset(): void {
    this.store.clear();
    this.#deliveries.cancelPending();
    this.stats = emptyStats();
    this.settings = this.#initialSettings();
    this.#reseed();
    this.#allowEvaluation = this.#createEvaluationLimiter();
  }

  /** Ends the delivery of events at once. */
  close(): void {
    this.#deliveries.close();
  }

  #emit(event: EmulatedEvent): void {
    this.stats.events[event.type] = (this.stats.events[event.type] ?? 0) + 1;
    this.options.onEvent?.(event);
    this.#deliveries.deliver(event);
  }

  #reseed(): void {
    this.#random = seededRandom(this.settings.seed);
    this.#deliveries.reseed();
  }

  #initialSettings(): Settings {
    return Settings.parse({ ...defaultSettings, ...this.options.settings });
  }

  /**
   * Three a second. Whether Twilio counts by account or by Workspace is not documented; here there is one of
   * each.
   * Source: https://twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
   */
  #createEvaluationLimiter(): () => boolean {
    return createRateLimiter(3, 1000, this.now);
  }
}

/** Allows `count` requests in any window of `windowMs`; rejected ones do not count. */
function createRateLimiter(count: number, windowMs: number, now: () => number) {
  let acceptedAt: number[] = [];
  return (): boolean => {
    const time = now();
    acceptedAt = acceptedAt.filter((earlier) => time - earlier < windowMs);
    if (acceptedAt.length >= count) return false;
    acceptedAt.push(time);
    return true;
  };
}

/** The operations of Twilio's API. A list with `EvaluateTaskAttributes` is an `evaluate`. */
const operations = [
  'fetchTask',
  'updateTask',
  'listReservations',
  'listTasks',
  'evaluate',
  'createTask',
  'fetchReservation',
  'updateReservation',
  'deleteTask',
] as const;

export type Operation = (typeof operations)[number];

export interface Stats {
  /** Requests by operation, also failed ones. */
  calls: Record<Operation, number>;
  /** Responses 412. */
  conflicts: number;
  /** Calls with a fault or during an outage. */
  faultsInjected: number;
  /** Events by type; types without events are missing. */
  events: Partial<Record<EventType, number>>;
  /** Attempts to deliver events over HTTP: with a 2xx response, and without. */
  deliveries: { ok: number; failed: number };
}

export function emptyStats(): Stats {
  return {
    calls: {
      fetchTask: 0,
      updateTask: 0,
      listReservations: 0,
      listTasks: 0,
      evaluate: 0,
      createTask: 0,
      fetchReservation: 0,
      updateReservation: 0,
      deleteTask: 0,
    },
    conflicts: 0,
    faultsInjected: 0,
    events: {},
    deliveries: { ok: 0, failed: 0 },
  };
}
