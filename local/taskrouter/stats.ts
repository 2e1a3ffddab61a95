import type { EventType } from './events/event.ts';

/** What the twin serves of Twilio's API. A list with `EvaluateTaskAttributes` is an `evaluate`. */
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
  /** Requests by operation, failed ones too. */
  calls: Record<Operation, number>;
  /** Answers 412. */
  conflicts: number;
  /** Calls spoilt by a fault or an outage. */
  faultsInjected: number;
  /** What happened, by type; only what did. */
  events: Partial<Record<EventType, number>>;
  /** Attempts to deliver events over HTTP: answered 2xx, and not. */
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
