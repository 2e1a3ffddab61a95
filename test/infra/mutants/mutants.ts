import type { Mutant } from '../../../tools/mutants/mutant.ts';
import { keyChanges, queueChanges, secretChanges } from './changes/data.ts';
import { functionChanges, permissionChanges } from './changes/functions.ts';
import { httpApiChanges } from './changes/http-api.ts';
import { alarmChanges, numberChanges, programChanges, rejectedChanges } from './changes/program.ts';

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
