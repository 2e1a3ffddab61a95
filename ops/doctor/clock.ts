import { spanText } from '../time-text.ts';
import { bad, ok, type Told, unknown, type Verdict, warning } from './finding.ts';

const timeoutMs = 8000;
/** More than what a slow answer and the whole seconds of its date come to. */
const noticeableMs = 30_000;
/**
 * AWS takes no signature that is older or newer than this.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
const refusedMs = 5 * 60_000;

const setIt =
  "Set this machine's clock by a time server. The functions run by AWS's clock, not by it.";

const judge = (aheadMs: number): Verdict => {
  const off = Math.abs(aheadMs);
  const finding = `this machine's clock is ${spanText(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} it`;
  if (off >= refusedMs) return bad(`${finding}: AWS refuses signatures of it`, setIt);
  return off > noticeableMs ? warning(finding, setIt) : ok("as this machine's");
};

const compare = async (url: string): Promise<Verdict> => {
  const next = `See whether ${new URL(url).host} can be reached from here.`;
  try {
    const askedAt = Date.now();
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const meanwhile = (askedAt + Date.now()) / 2;
    await answer.body?.cancel();
    const date = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(date)) return unknown('its answer has no date', next);
    // A date is in whole seconds: on average it is half of one behind.
    return judge(meanwhile - (date + 500));
  } catch {
    return unknown('no answer', next);
  }
};

/**
 * Compares this machine's clock with those of others, by the date of any answer: nothing is asked for,
 * and nobody logs in.
 * @param places a URL of each, by name
 */
export const clock = (places: Readonly<Record<string, string>>): Promise<readonly Told[]> =>
  Promise.all(
    Object.entries(places).map(async ([about, url]) => ({
      about: `clock of ${about}`,
      ...(await compare(url)),
    })),
  );
