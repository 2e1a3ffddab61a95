import type { ReservationStatus, TaskStatus } from '../../../shared/messages/segments.ts';
import { stableSid } from '../sids.ts';

/** The fields of a new Task. Times are milliseconds since 1970. `timeout` is in seconds. */
export interface TaskFields {
  attributes: string;
  priority: number;
  timeout: number;
  taskChannel: string;
  workflowSid: string;
  taskQueueSid: string;
  virtualStartTime: number | undefined;
  routingTarget: string | null;
  ignoreCapacity: boolean;
}

export type TransferMode = 'COLD' | 'WARM';

type TransferStatus = 'initiated' | 'complete' | 'failed' | 'canceled';

/** A transfer of a Task to another worker. */
export interface StoredTransfer {
  sid: string;
  mode: TransferMode;
  fromReservationSid: string;
  fromWorkerSid: string;
  toWorkerSid: string;
  startedAt: number;
  status: TransferStatus;
  failedReason: string | null;
}

export interface StoredReservation {
  sid: string;
  /** Counts the reservations, in the order of their creation. */
  number: number;
  workerSid: string;
  workerName: string;
  createdAt: number;
  updatedAt: number;
  status: ReservationStatus;
  version: number;
  /** The transfer that created the reservation, if one did. */
  transfer: StoredTransfer | undefined;
}

export interface StoredTask extends Omit<TaskFields, 'virtualStartTime'> {
  sid: string;
  /** Counts the Tasks, in the order of their creation. */
  number: number;
  createdAt: number;
  updatedAt: number;
  virtualStartTime: number;
  status: TaskStatus;
  reason: string | null;
  version: number;
  finishedAt: number | undefined;
  reservations: StoredReservation[];
}

/** The fields that an update changes. All other fields stay. */
export interface TaskChange {
  attributes?: string | undefined;
  status?: TaskStatus | undefined;
  reason?: string | undefined;
  priority?: number | undefined;
  taskChannel?: string | undefined;
  virtualStartTime?: number | undefined;
}

export interface StoredWorkspace {
  accountSid: string;
  sid: string;
  createdAt: number;
  updatedAt: number;
  friendlyName: string;
  /** The URL of the event callback. Empty: there are no callbacks. */
  eventCallbackUrl: string;
  /** Names of events, joined by commas. Null or empty: all events. */
  eventsFilter: string | null;
  multiTaskEnabled: boolean;
  prioritizeQueueOrder: 'FIFO' | 'LIFO';
  defaultActivitySid: string;
  timeoutActivitySid: string;
}

const defaultActivityName = 'Offline';

const defaultActivitySid = stableSid('WA', defaultActivityName);

export function activityNameOf(sid: string): string | null {
  return sid === defaultActivitySid ? defaultActivityName : null;
}

/** A new Workspace, with the settings that Flex gives it. */
export function newWorkspace(accountSid: string, sid: string, createdAt: number): StoredWorkspace {
  return {
    accountSid,
    sid,
    createdAt,
    updatedAt: createdAt,
    friendlyName: 'Flex Task Assignment',
    eventCallbackUrl: '',
    eventsFilter: null,
    multiTaskEnabled: true,
    prioritizeQueueOrder: 'FIFO',
    defaultActivitySid,
    timeoutActivitySid: defaultActivitySid,
  };
}

/** Whether the Workspace sends a callback for events of this type. */
export function sendsCallbackFor(
  { eventCallbackUrl, eventsFilter }: StoredWorkspace,
  type: string,
): boolean {
  if (eventCallbackUrl === '') return false;
  const selected = (eventsFilter ?? '').split(',').map((name) => name.trim());
  return selected.includes(type) || selected.every((name) => name === '');
}
