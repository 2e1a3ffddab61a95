import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import {
  breakerFailures,
  finishingFastRetrySeconds,
  finishingMaxWaitSeconds,
  giveUpAfterSeconds,
  retryCeilingsSeconds,
} from '../../shared/config/retry-policy.ts';
import { decideDisposition } from '../../shared/sync/disposition.ts';
import { createBreakerState } from '../../shared/taskrouter/circuit-breaker.ts';

const minute = 60;

const hour = 60 * minute;

interface Attempts {
  /** The retries, in seconds after the first try. */
  tries: readonly number[];
  deadLetteredAt: number;
}

interface Percentiles {
  p10: number;
  p50: number;
  p90: number;
}

const sampleSize = 2001;

const width = 880;

const left = 184;

const right = 852;

const longest = 9 * hour;

const style = [
  'text{font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;text-anchor:middle;fill:#1f2328}',
  '.t{font-size:15px;font-weight:600;text-anchor:start}',
  '.s{font-size:12px;fill:#424a53;text-anchor:start}',
  '.l{font-size:12px;fill:#57606a}',
  '.n{text-anchor:start}.e{text-anchor:end}.d{fill:#a40e26}',
  '.g{stroke:#d0d7de}.m{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:5 4}',
  '.j{stroke:#54aeff;stroke-width:3;stroke-linecap:round}.k{fill:#0550ae}',
  '.f{stroke:#1a7f37;stroke-width:2.4}.p{stroke:#9a6700;stroke-width:2.4}',
  '.fb{fill:#1a7f37}.pb{fill:#d4a72c}.r{stroke:#0550ae;stroke-width:2.4}.rb{fill:#54aeff}',
].join('');

/** `docs/retries.svg`: when sync retries a message in a long outage, computed by the code itself. */
export function drawRetries(): string {
  const { tries, end } = sampleAttempts(false);
  const finishing = sampleAttempts(true)
    .tries.map(({ p50 }) => p50)
    .filter((seconds) => seconds <= finishingFastRetrySeconds);

  const top = 62;
  const step = 9;
  const rowY = (index: number): number => top + 16 + index * step;
  // After these, each wait has the same ceiling.
  const single = tries.slice(0, retryCeilingsSeconds.length);
  const later = tries.slice(single.length);
  const laterY = rowY(single.length) + 5;
  const endY = laterY + 22;
  const stripsY = endY + 22;
  const probesY = stripsY + 52;
  const bottom = probesY + 26;
  const height = bottom + 14;

  const marks = [1, 10, minute, 10 * minute, hour];
  const grid = marks.map((mark) => `M${x(mark)} ${top}V${bottom}`).join('');
  const givenUpX = x(giveUpAfterSeconds);
  const goneX = x(finishedTaskTtlSeconds);
  const named = [0, 8];
  const longestWait = retryCeilingsSeconds.at(-1) ?? 0;

  const label =
    `An outage on a logarithmic time axis. sync retries a message at growing intervals of ${duration(longestWait)} at most, ${tries.length} times in the median, ` +
    `until it becomes a dead letter after ${duration(giveUpAfterSeconds)}. For a Task in wrap-up or completed, no wait is longer than ` +
    `${finishingMaxWaitSeconds} seconds for the first ${finishingFastRetrySeconds}. Twilio deletes a completed Task after ${duration(finishedTaskTtlSeconds)}. ` +
    `Only the probes of the circuit breaker reach TaskRouter.`;

  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<path d="${grid}" class="g"/>`,
    ...marks.map((mark) => text(x(mark), top - 8, 'l', duration(mark))),
    `<path d="M${goneX} ${top}V${bottom}M${givenUpX} ${top}V${bottom}" class="m"/>`,
    text(goneX, top - 26, 'l d', 'Twilio deletes a completed Task'),
    text(goneX, top - 8, 'l d', duration(finishedTaskTtlSeconds)),
    text(right, top - 26, 'l d e', 'then dead-lettered at the next try'),
    text(givenUpX, top - 8, 'l d', duration(giveUpAfterSeconds)),

    text(14, rowY(0) + 5, 't', 'A message'),
    text(14, rowY(0) + 24, 's', 'dot: median;'),
    text(14, rowY(0) + 40, 's', 'bar: 8 of 10 messages'),
    ...single.map(({ p10, p50, p90 }, index) => {
      const y = rowY(index);
      return `<path d="M${x(p10)} ${y}H${x(p90)}" class="j"/><circle cx="${x(p50)}" cy="${y}" r="3" class="k"/>`;
    }),
    ...named.flatMap((index) => {
      const span = tries[index];
      if (span === undefined) return [];
      return [text(x(span.p90) + 8, rowY(index) + 1, 'l n', `${ordinal(index + 2)} try`)];
    }),
    ...tickStrip(
      later.map(({ p50 }) => p50),
      laterY,
      giveUpAfterSeconds,
      'r',
    ),
    text(
      x(later[0]?.p50 ?? 0) - 8,
      laterY + 10,
      'l e',
      `then every ${duration(longestWait / 2)} on average`,
    ),
    `<rect x="${x(end.p10)}" y="${endY - 5}" width="${x(end.p90) - x(end.p10)}" height="10" rx="2" fill="#cf222e"/>`,
    text(x(end.p10) - 8, endY + 4, 'l d e', `dead letter, after about ${tries.length + 1} tries`),

    text(14, stripsY + 11, 't', 'Task in wrap-up'),
    text(
      14,
      stripsY + 28,
      's',
      `or completed: at least every ${finishingMaxWaitSeconds} s, for ${finishingFastRetrySeconds} s`,
    ),
    ...tickStrip(finishing, stripsY, finishingFastRetrySeconds, 'f'),

    text(14, probesY + 11, 't', 'Probes'),
    text(
      14,
      probesY + 28,
      's',
      `the only requests of an instance after ${breakerFailures} failures in a row`,
    ),
    ...tickStrip(probesUntil(longest), probesY, longest, 'p'),
    '</svg>',
  ].join('\n')}\n`;
}

/** The same numbers in [0, 1) each time (mulberry32). */
function seededRandom(seed: number) {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The retries of one message if every try fails. */
function attemptsOf(random: () => number, finishing: boolean): Attempts {
  const failure = { outcome: 'retry', reason: 'taskrouter-unavailable', detail: 'none' } as const;
  const tries: number[] = [];
  for (let seconds = 0; ; ) {
    const disposition = decideDisposition(
      { ...failure, finishing },
      { message: undefined, tries: tries.length + 1, firstTriedAt: 0, unfinishedTries: 0 },
      { now: seconds * 1000, random: random(), confirmAfterSeconds: [] },
    );
    if (disposition.action !== 'retry-later') return { tries, deadLetteredAt: seconds };
    seconds += disposition.delaySeconds;
    tries.push(seconds);
  }
}

function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
}

/** The retries of many messages, as far as more than half of the messages get them, and their ends. */
function sampleAttempts(finishing: boolean): {
  tries: Percentiles[];
  end: Percentiles;
} {
  const random = seededRandom(1);
  const lives = Array.from({ length: sampleSize }, () => attemptsOf(random, finishing));
  const tries: Percentiles[] = [];
  for (;;) {
    const times = lives.flatMap(({ tries: each }) => each[tries.length] ?? []);
    if (times.length <= sampleSize / 2) break;
    tries.push(percentilesOf(times));
  }
  return { tries, end: percentilesOf(lives.map(({ deadLetteredAt }) => deadLetteredAt)) };
}

/** When the circuit breaker lets a probe through, if a message always waits and each pause has its mean length. */
function probesUntil(end: number): number[] {
  let seconds = 0;
  const breaker = createBreakerState({ now: () => seconds * 1000, random: () => 0.5 });
  let pause: ReturnType<typeof breaker.recordFailure>;
  for (let failures = 0; failures < breakerFailures; failures += 1)
    pause = breaker.recordFailure(false);
  const probes: number[] = [];
  while (pause !== undefined) {
    seconds += pause.openSeconds;
    if (seconds > end) break;
    probes.push(seconds);
    breaker.admit();
    pause = breaker.recordFailure(true);
  }
  return probes;
}

function x(seconds: number): number {
  return Math.round(left + (Math.log10(seconds) / Math.log10(longest)) * (right - left));
}

function text(atX: number, atY: number, classes: string, content: string): string {
  return `<text x="${atX}" y="${atY}" class="${classes}">${content}</text>`;
}

function duration(seconds: number): string {
  return seconds < minute
    ? `${seconds} s`
    : seconds < hour
      ? `${seconds / minute} min`
      : `${seconds / hour} h`;
}

function ordinal(count: number): string {
  return `${count}${{ 1: 'st', 2: 'nd', 3: 'rd' }[count] ?? 'th'}`;
}

/** Ticks as far as they stay apart; then one bar to the end. */
function tickStrip(times: readonly number[], y: number, end: number, classes: string): string[] {
  const minGap = 4;
  const positions = times.map(x);
  const firstOverlap = positions.findIndex((at, index) => {
    const next = positions[index + 1];
    return next !== undefined && next - at < minGap;
  });
  const separate = firstOverlap === -1 ? positions : positions.slice(0, firstOverlap);
  const ticks = separate.map((at) => `M${at} ${y}v12`).join('');
  const from = positions[firstOverlap];
  const bar =
    from === undefined
      ? []
      : [`<rect x="${from}" y="${y}" width="${x(end) - from}" height="12" class="${classes}b"/>`];
  return [`<path d="${ticks}" class="${classes}"/>`, ...bar];
}
