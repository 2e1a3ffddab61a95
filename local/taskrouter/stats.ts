import type { EventType } from './events/event.ts';

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
