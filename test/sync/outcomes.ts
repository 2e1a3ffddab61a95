import * as fc from 'fast-check';
import type { Outcome, RetryReason } from '../../shared/sync/types.ts';

const reasons: RetryReason[] = [
  'unauthorized',
  'crashed',
  'taskrouter-unavailable',
  'taskrouter-invalid-response',
  'conflict',
  'deadline',
];

export const anyRetry: fc.Arbitrary<Outcome & { outcome: 'retry' }> = fc.record(
  {
    outcome: fc.constant('retry' as const),
    reason: fc.constantFrom(...reasons),
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
