import type { RejectionReason } from '../../http/errors.ts';

/** How old a signature may be, and how far ahead of our clock, in milliseconds. */
interface TimeWindow {
  pastMs: number;
  futureMs: number;
}

/**
 * Whether a signed time is recent. Check the signature first: anybody can write a time.
 * @param signedAt milliseconds since 1970
 * @param now milliseconds since 1970
 */
export function checkSignedTime(
  signedAt: number,
  now: number,
  { pastMs, futureMs }: TimeWindow,
): 'valid' | Extract<RejectionReason, 'stale' | 'future'> {
  if (now - signedAt > pastMs) return 'stale';
  return signedAt - now > futureMs ? 'future' : 'valid';
}
