import type { functionEntries } from './bundle.ts';

/**
 * The most bytes that the code of each function may have: more is a longer cold start. `test/infra/bundle.test.ts`
 * compares them, so that the weight of a dependency is noticed when it is added.
 */
export const bundleBudgets: Readonly<Record<keyof typeof functionEntries, number>> = {
  crmChange: 290_000,
  taskEvent: 265_000,
  sync: 345_000,
};
