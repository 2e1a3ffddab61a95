import { formatDuration } from '../text.ts';
import { type CheckResult, failed, type Observation, ok, unknown, warning } from './check.ts';

const clockTimeoutMs = 8000;

/** More than what a slow answer and the whole seconds of its date come to. */
const warnAboveMs = 30_000;

/**
 * AWS takes no signature that is older or newer than this.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
const signatureToleranceMs = 5 * 60_000;

const clockHint =
  "Set this machine's clock by a time server. The functions run by AWS's clock, not by it.";

/**
 * Compares this machine's clock with those of others, by the date of any answer: nothing is asked for,
 * and nobody logs in.
 * @param urls a URL of each, by name
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
  const finding = `this machine's clock is ${formatDuration(absoluteMs)} ${offsetMs > 0 ? 'ahead of' : 'behind'} it`;
  if (absoluteMs >= signatureToleranceMs)
    return failed(`${finding}: AWS refuses signatures of it`, clockHint);
  return absoluteMs > warnAboveMs ? warning(finding, clockHint) : ok("as this machine's");
}

async function compareClock(url: string): Promise<CheckResult> {
  const next = `See whether ${new URL(url).host} can be reached from here.`;
  try {
    const sentAt = Date.now();
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(clockTimeoutMs),
    });
    const midpoint = (sentAt + Date.now()) / 2;
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(date)) return unknown('its answer has no date', next);
    // A date is in whole seconds: on average it is half of one behind.
    return evaluateOffset(midpoint - (date + 500));
  } catch {
    return unknown('no answer', next);
  }
}
