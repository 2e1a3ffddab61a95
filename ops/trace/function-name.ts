import { functionEntries } from '../../infra/bundle/function-entries.ts';

/** The functions, as they call themselves in logs. */
export const functionNames = ['crm-change', 'task-event', 'sync'] as const;
export type FunctionName = (typeof functionNames)[number];

/** What the stack calls each of them. */
const keys = {
  'crm-change': 'crmChange',
  'task-event': 'taskEvent',
  sync: 'sync',
} as const satisfies Record<FunctionName, keyof typeof functionEntries>;

export const isFunctionName = (text: string | undefined): text is FunctionName =>
  functionNames.some((name) => name === text);

/** What the stack's outputs call it. */
export const keyOf = (name: FunctionName) => keys[name];

/** Its entry file, from the repository's root. */
export const entryOf = (name: FunctionName): string => functionEntries[keyOf(name)];
