import { door } from './door.ts';
import { encryption } from './encryption.ts';
import { howFunctionsRun } from './functions.ts';
import { theKey } from './key.ts';
import { leastPrivilege } from './least-privilege.ts';
import { everyPolicy } from './policies.ts';
import { queuesAndNumbers } from './queues.ts';
import type { Rule } from './rule.ts';
import { keptSecret } from './secrets.ts';
import { upkeep } from './upkeep.ts';
import { watching } from './watching.ts';

export const allRules: readonly Rule[] = [
  ...encryption,
  ...theKey,
  ...everyPolicy,
  ...leastPrivilege,
  ...keptSecret,
  ...door,
  ...howFunctionsRun,
  ...queuesAndNumbers,
  ...watching,
  ...upkeep,
];
