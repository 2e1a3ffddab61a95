import { requestsPerTask } from '../../shared/config/numbers.ts';

const instances =
  'is no setting any more: how many instances there are follows from limits.twilioConcurrentRequests. ' +
  `For as many as before, set that to their number × sync.tasksInParallel × ${requestsPerTask}`;

/** What is told to who still has a setting that something else took the place of, by its path. */
export const replacedSettings: ReadonlyMap<string, string> = new Map([
  ['sync.maximumConcurrency', instances],
  [
    'sync.reservedConcurrency',
    'is no setting any more: as much is kept for the sync as it has instances, unless limits.reserveConcurrency is false',
  ],
]);
