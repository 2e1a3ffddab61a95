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
  readonly sid: string;
  readonly mode: TransferMode;
  readonly fromReservationSid: string;
  readonly fromWorkerSid: string;
  readonly toWorkerSid: string;
  readonly startedAt: number;
  status: TransferStatus;
  failedReason: string | null;
}

export interface StoredReservation {
  readonly sid: string;
  /** Counts up with each reservation. */
  readonly number: number;
  readonly workerSid: string;
  readonly workerName: string;
  readonly createdAt: number;
  updatedAt: number;
  status: ReservationStatus;
  version: number;
  /** The transfer that created it. */
  readonly transfer: StoredTransfer | undefined;
}

export interface StoredTask extends Omit<TaskFields, 'virtualStartTime'> {
  readonly sid: string;
  /** Counts up with each Task. */
  readonly number: number;
  readonly createdAt: number;
  updatedAt: number;
  virtualStartTime: number;
  status: TaskStatus;
  reason: string | null;
  version: number;
  finishedAt: number | undefined;
  readonly reservations: StoredReservation[];
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
