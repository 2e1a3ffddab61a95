import { formatDuration } from '../text.ts';
import { type CheckResult, failed, type Observation, ok, unknown, warning } from './check.ts';

const clockTimeoutMs = 8000;

/** A slow response and the whole seconds of its date explain less than this. */
const warnAboveMs = 30_000;

/**
 * AWS rejects signatures that are older or newer than this.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
const signatureToleranceMs = 5 * 60_000;

const clockHint =
  'Synchronise the clock of this machine (NTP). The functions use the clock of AWS.';

/**
 * Compares the clock of this machine with the Date header of others, without credentials.
 * @param urls one URL of each, by name
 */
export function checkClock(
  urls: Readonly<Record<string, string>>,
): Promise<readonly Observation[]> {
  return Promise.all(
    Object.entries(urls).map(async ([about, url]) => ({
      about: `clock of ${about}`,
      ...(await compareClock(url)),
    })),
  );
}

function evaluateOffset(offsetMs: number): CheckResult {
  const absoluteMs = Math.abs(offsetMs);
  const finding = `the clock of this machine is ${formatDuration(absoluteMs)} ${offsetMs > 0 ? 'ahead' : 'behind'}`;
  if (absoluteMs >= signatureToleranceMs)
    return failed(`${finding}: AWS rejects its signatures`, clockHint);
  return absoluteMs > warnAboveMs
    ? warning(finding, clockHint)
    : ok("same as this machine's clock");
}

async function compareClock(url: string): Promise<CheckResult> {
  const next = `Check whether this machine can reach ${new URL(url).host}.`;
  try {
    const sentAt = Date.now();
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(clockTimeoutMs),
    });
    const midpoint = (sentAt + Date.now()) / 2;
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(date)) return unknown('the response has no Date header', next);
    // The date is in whole seconds: on average it is half a second behind.
    return evaluateOffset(midpoint - (date + 500));
  } catch {
    return unknown('no response', next);
  }
}
