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
  /** The port to listen on. 0 or undefined: any free port. */
  port?: number;
  accountSid: string;
  apiKey: string;
  apiSecret: string;
  workspaceSid: string;
  /**
   * The key that signs events. Without it, no event is delivered. It is also accepted as the password of
   * `accountSid`.
   */
  authToken?: string;
  /** Settings that differ from the defaults. A reset restores them. */
  settings?: Partial<Settings>;
  /** Called after each update of a Task, before the response is sent. */
  onUpdate?: (taskSid: string) => void | Promise<void>;
  /** Called with every event when it happens, even if it is delivered late or never. */
  onEvent?: (event: EmulatedEvent) => void;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
}

/** The complete state of an emulator. */
export class EmulatorState {
  readonly options: EmulatorOptions;
  readonly now: () => number;
  readonly store: TaskStore;
  readonly storedWorkspace: StoredWorkspace;
  readonly streams: EventStreams;
  settings: Settings;
  stats: Stats;
  /** The base URL of the emulator, e.g. `http://127.0.0.1:40123`. Empty until it listens. */
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

  /** Changes settings. A new seed restarts the sequences of faults and of late events. */
  change(changeSettings: SettingsChange): void {
    this.settings = Settings.parse({ ...this.settings, ...changeSettings });
    if (changeSettings.seed !== undefined) this.#reseed();
  }

  /** The fault of the next call. Undefined if it gets none. */
  nextFault(): Fault | undefined {
    return drawFault(this.#random, this.settings);
  }

  /** Whether the rate limit allows one more evaluation. If it does, the evaluation is counted. */
  allowEvaluation(): boolean {
    return this.#allowEvaluation();
  }

  /**
   * Deletes the Tasks, the undelivered events and the stats, and restores the settings of the start. The event
   * callback, the Sinks and the Subscriptions stay.
   */
  reset(): void {
    this.store.clear();
    this.#deliveries.cancelPending();
    this.stats = emptyStats();
    this.settings = this.#initialSettings();
    this.#reseed();
    this.#allowEvaluation = this.#createEvaluationLimiter();
  }

  /** Stops the delivery of events at once. */
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
   * Three evaluations a second. Twilio does not document whether it counts by account or by Workspace. The emulator
   * has one of each.
   * Source: https://twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
   */
  #createEvaluationLimiter(): () => boolean {
    return createRateLimiter(3, 1000, this.now);
  }
}

/** A limiter that allows `count` requests in any window of `windowMs`. Requests that it rejects do not count. */
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

/** The operations of Twilio's API. A list with `EvaluateTaskAttributes` counts as `evaluate`. */
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
  /** Requests by operation. Failed requests count too. */
  calls: Record<Operation, number>;
  /** How many responses were 412. */
  conflicts: number;
  /** Calls that got a fault, or 503 in an outage. */
  faultsInjected: number;
  /** Events by type. Types without events are missing. */
  events: Partial<Record<EventType, number>>;
  /** Attempts to deliver events over HTTP. `ok`: the response was 2xx. `failed`: all others. */
  deliveries: { ok: number; failed: number };
}

/** Statistics in which every count is 0. */
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
