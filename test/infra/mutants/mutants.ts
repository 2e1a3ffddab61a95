import type { Mutant } from '../../../tools/mutants/mutant.ts';
import { alarmChanges } from './changes/alarms.ts';
import { functionChanges } from './changes/functions.ts';
import { httpApiChanges } from './changes/http-api.ts';
import { keyChanges } from './changes/key.ts';
import { numberChanges } from './changes/numbers.ts';
import { permissionChanges } from './changes/permissions.ts';
import { programChanges, rejectedChanges } from './changes/program.ts';
import { queueChanges } from './changes/queues.ts';
import { secretChanges } from './changes/secrets.ts';

/** All mutants. Each changes one thing. */
export const mutants: readonly Mutant[] = [
  ...functionChanges,
  ...permissionChanges,
  ...keyChanges,
  ...queueChanges,
  ...secretChanges,
  ...httpApiChanges,
  ...alarmChanges,
  ...programChanges,
  ...numberChanges,
  ...rejectedChanges,
];
