import { decideDisposition } from '../shared/sync/disposition.ts';
import { outcomeOfError } from '../shared/sync/outcome.ts';
import { createBreakerState } from '../shared/taskrouter/circuit-breaker.ts';
import { CircuitOpen, Transient } from '../shared/taskrouter/errors.ts';
import { type Bench, table } from './frame/bench.ts';

export const recoveryBench: Bench = {
  name: 'recovery',
  description: 'how soon messages come back after an outage of TaskRouter, on a simulated clock',
  defaultRounds: 10,
  *run(rounds) {
    yield table([
      ['outage', 'half back', 'all back', 'tries an hour', 'sent to Twilio'],
      ...[2, 60, 360].map((minutes) => recoveryAfter(minutes, rounds)),
    ]);
    yield '\nTries an hour: of one message. Sent to Twilio: requests an hour of one instance.\n';
  },
};

const secondsPerHour = 3600;

const messages = 100;

const instances = 2;

function recoveryAfter(minutes: number, rounds: number): string[] {
  const outageSeconds = minutes * 60;
  const runs = Array.from({ length: rounds }, () =>
    simulateOutage({ outageSeconds, messages, instances, random: Math.random }),
  );
  const waits = runs.flatMap(({ backAfter }) => backAfter).toSorted((one, other) => one - other);
  const mean = (count: (run: (typeof runs)[number]) => number): string =>
    (runs.reduce((sum, run) => sum + count(run), 0) / rounds).toFixed(0);
  // Messages come evenly over the outage: on average each waits for half of it.
  const messageHours = (messages * outageSeconds) / secondsPerHour / 2;
  return [
    `${minutes} min`,
    `${waits[Math.floor(waits.length / 2)]?.toFixed(0)} s`,
    `${waits.at(-1)?.toFixed(0)} s`,
    mean(({ tries }) => tries / messageHours),
    mean(({ requests }) => requests / instances / (outageSeconds / secondsPerHour)),
  ];
}

interface Waiting {
  readonly acceptedAt: number;
  dueAt: number;
  tries: number;
}

/**
 * An outage in which messages come evenly and each try meets the circuit breaker of one of the instances.
 * Times are seconds.
 * @param random gives numbers in [0, 1)
 * @returns when each message that did not become a dead letter was applied, after the outage; the tries and the
 * requests to TaskRouter during it
 */
export function simulateOutage({
  outageSeconds,
  messages,
  instances,
  random,
}: {
  outageSeconds: number;
  messages: number;
  instances: number;
  random: () => number;
}): { backAfter: readonly number[]; tries: number; requests: number } {
  let now = 0;
  let tries = 0;
  let requests = 0;
  const backAfter: number[] = [];
  const breakers = Array.from({ length: instances }, () =>
    createBreakerState({ now: () => now * 1000, random }),
  );
  const isOutage = () => now < outageSeconds;

  /** Asks TaskRouter, unless the circuit is open. @returns the error, if there was one */
  const ask = (breaker: (typeof breakers)[number]): unknown => {
    const admission = breaker.admit();
    if (admission.admits === 'after-probe') throw new Error('a probe takes no time here');
    const unavailable = new Transient('HTTP 503', { status: 503 });
    if (admission.admits === 'none') return new CircuitOpen(admission.forMs, unavailable);
    if (!isOutage()) {
      breaker.recordSuccess();
      return undefined;
    }
    requests += 1;
    breaker.recordFailure(admission.admits === 'probe');
    return unavailable;
  };

  const waiting: Waiting[] = Array.from({ length: messages }, (_, index) => {
    const acceptedAt = (index / messages) * outageSeconds;
    return { acceptedAt, dueAt: acceptedAt, tries: 0 };
  });
  while (waiting.length > 0) {
    const next = waiting.reduce((first, one) => (one.dueAt < first.dueAt ? one : first));
    now = next.dueAt;
    next.tries += 1;
    if (isOutage()) tries += 1;
    const breaker = breakers[Math.floor(random() * instances)];
    const error = breaker && ask(breaker);
    const disposition =
      error === undefined
        ? undefined
        : decideDisposition(outcomeOfError(error), progressOf(next), {
            now: now * 1000,
            random: random(),
            confirmAfterSeconds: [],
          });
    if (disposition?.action === 'retry-later') {
      next.dueAt = now + disposition.delaySeconds;
      continue;
    }
    if (disposition === undefined) backAfter.push(now - outageSeconds);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return { backAfter, tries, requests };
}

function progressOf({ acceptedAt, tries }: Waiting) {
  return { message: undefined, tries, firstTriedAt: acceptedAt * 1000, unfinishedTries: 0 };
}
