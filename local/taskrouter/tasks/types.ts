import type { ReservationStatus, TaskStatus } from '../../../shared/messages/segments.ts';

/** The fields of a new Task. Times are milliseconds since 1970, `timeout` is in seconds. */
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
  /** Counts up with each reservation. */
  number: number;
  workerSid: string;
  workerName: string;
  createdAt: number;
  updatedAt: number;
  status: ReservationStatus;
  version: number;
  /** The transfer that created it. */
  transfer: StoredTransfer | undefined;
}

export interface StoredTask extends Omit<TaskFields, 'virtualStartTime'> {
  sid: string;
  /** Counts up with each Task. */
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

/** The fields that an update changes; undefined ones stay. */
export interface TaskChange {
  attributes: string | undefined;
  status: TaskStatus | undefined;
  reason: string | undefined;
  priority: number | undefined;
  taskChannel: string | undefined;
  virtualStartTime: number | undefined;
}
