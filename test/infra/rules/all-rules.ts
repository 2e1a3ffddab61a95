import { everyResource } from './every-resource.ts';
import { functionSettings } from './functions.ts';
import { httpApi } from './http-api.ts';
import { encryptionKey } from './key.ts';
import { leastPrivilege } from './least-privilege.ts';
import { monitoring } from './monitoring.ts';
import { everyPolicy } from './policies.ts';
import { queuesAndNumbers } from './queues.ts';
import type { Rule } from './rule.ts';
import { encryption, keptSecret } from './secrecy.ts';

export const allRules: readonly Rule[] = [
  ...encryption,
  ...encryptionKey,
  ...everyPolicy,
  ...leastPrivilege,
  ...keptSecret,
  ...httpApi,
  ...functionSettings,
  ...queuesAndNumbers,
  ...monitoring,
  ...everyResource,
];
