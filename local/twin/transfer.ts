import type { EventType } from './events/event-types.ts';
import type { ReservationStatus } from './life-cycle.ts';
import { newSid } from './sids.ts';
import type { StoredReservation, StoredTransfer, TransferMode } from './stored.ts';

export const newTransfer = (
  from: StoredReservation,
  toWorkerSid: string,
  mode: TransferMode,
  startedAt: number,
): StoredTransfer => ({
  sid: newSid('TT'),
  mode,
  fromReservationSid: from.sid,
  fromWorkerSid: from.workerSid,
  toWorkerSid,
  startedAt,
  status: 'initiated',
  failedReason: null,
});

/**
 * Ends a transfer, if what became of its reservation ends it, and gives the event that tells so. One
 * to a worker fails for good where the worker does not take it: `task.transfer-attempt-failed` is for
 * one to a queue, which goes on to the next worker.
 * Source: https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/spec/TaskTransfer.js
 */
export const endTransfer = (
  transfer: StoredTransfer,
  reservation: ReservationStatus,
): EventType | undefined => {
  if (transfer.status !== 'initiated') return undefined;
  switch (reservation) {
    case 'accepted':
      transfer.status = 'complete';
      return 'task.transfer-completed';
    case 'canceled':
      transfer.status = 'canceled';
      return 'task.transfer-canceled';
    case 'rejected':
    case 'timeout':
    case 'rescinded':
      transfer.status = 'failed';
      transfer.failedReason = `Transfer failed because its reservation was ${reservation}`;
      return 'task.transfer-failed';
    default:
      return undefined;
  }
};
