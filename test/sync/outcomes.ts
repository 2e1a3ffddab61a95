import * as fc from 'fast-check';
import type { Outcome, RetryReason } from '../../shared/sync/types.ts';

const reasons: Readonly<Record<RetryReason, true>> = {
  unauthorized: true,
  crashed: true,
  'taskrouter-unavailable': true,
  'taskrouter-invalid-response': true,
  conflict: true,
  deadline: true,
  'sync-did-not-finish': true,
};
export const retryReasons = Object.keys(reasons) as readonly RetryReason[];

export const anyRetry: fc.Arbitrary<Outcome & { outcome: 'retry' }> = fc.record(
  {
    outcome: fc.constant('retry' as const),
    // The table of retries is not for a message that ends the process.
    reason: fc.constantFrom(...retryReasons.filter((reason) => reason !== 'sync-did-not-finish')),
    detail: fc.constant('HTTP 503'),
    retryAfterMs: fc.integer({ min: 1, max: 1e9 }),
  },
  { requiredKeys: ['outcome', 'reason', 'detail'] },
);

export const rejected = {
  outcome: 'rejected',
  reason: 'attributes-full',
  detail: 'no room',
} as const;
