import { EventDeliveries } from './events/deliveries.ts';
import type { TaskRouterEvent } from './events/event.ts';
import { EventStreams } from './events/event-streams.ts';
import { drawFault, seededRandom } from './faults.ts';
import { defaultSettings, type Fault, Settings, type SettingsChange } from './settings.ts';
import { emptyStats, type Stats } from './stats.ts';
import { TaskStore } from './tasks/store.ts';
import type { WorkspaceRef } from './tasks/task-json.ts';
import { newWorkspace, type StoredWorkspace } from './tasks/workspace.ts';

export interface EmulatorOptions {
  /** 0 or none: any free port. */
  port?: number;
  /** The controls ask for no password, so only the machine itself is let in. */
  host?: '127.0.0.1';
  accountSid: string;
  apiKey: string;
  apiSecret: string;
  workspaceSid: string;
  /** Signs the events that are delivered; without it none are. Also lets `accountSid:authToken` in. */
  authToken?: string;
  /** Settings that differ from the defaults; a reset comes back to these. */
  settings?: Partial<Settings>;
  /** Called when an update of a Task has taken effect; the answer waits for it. */
  onUpdate?: (taskSid: string) => void | Promise<void>;
  /** Called with every event as it happens, also with one that is delivered late or never. */
  onEvent?: (event: TaskRouterEvent) => void;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
}

/** All that a twin remembers. */
export class EmulatorState {
  readonly options: EmulatorOptions;
  readonly now: () => number;
  readonly store: TaskStore;
  readonly storedWorkspace: StoredWorkspace;
  readonly streams: EventStreams;
  settings: Settings;
  stats: Stats;
  /** Where the twin listens, e.g. `http://127.0.0.1:40123`; set once it does. */
  url = '';
  readonly #deliveries: EventDeliveries;
  #random: () => number;
  #mayEvaluate: () => boolean;

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
      (event) => this.#tell(event),
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
    this.#mayEvaluate = this.#evaluationLimit();
  }

  get workspace(): WorkspaceRef {
    const { accountSid, workspaceSid } = this.options;
    return { accountSid, workspaceSid, url: `${this.url}/v1/Workspaces/${workspaceSid}` };
  }

  /** Changes settings. A seed starts the sequences of faults and of late events afresh. */
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
    return this.#mayEvaluate();
  }

  /**
   * Forgets the Tasks, the events on their way and the stats, and goes back to the settings of the
   * start. Where events go to stays.
   */
  reset(): void {
    this.store.clear();
    this.#deliveries.cancelPending();
    this.stats = emptyStats();
    this.settings = this.#initialSettings();
    this.#reseed();
    this.#mayEvaluate = this.#evaluationLimit();
  }

  /** Ends the delivery of events at once. */
  close(): void {
    this.#deliveries.close();
  }

  #tell(event: TaskRouterEvent): void {
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
   * Three a second. Whether Twilio counts by account or by Workspace is not documented; here they
   * are one.
   * Source: https://twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
   */
  #evaluationLimit(): () => boolean {
    return createRateLimiter(3, 1000, this.now);
  }
}

/** Lets `count` requests through in any window of `windowMs`; refused ones do not count. */
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
