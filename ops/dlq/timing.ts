import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import pThrottle from 'p-throttle';
import * as z from 'zod';

/** Creates a function that sleeps, in milliseconds. The sleep ends early if the operator stops the command. */
export function interruptibleSleep(stop: AbortSignal) {
  return (ms: number): Promise<unknown> => delay(ms, undefined, { signal: stop }).catch(() => {});
}

/** Over a shorter time, a rate means nothing. */
const minSeconds = 3;

/** A rate is missed if less than this share of it was reached. */
const reachedShare = 0.8;

/**
 * Whether a replay was slower than its rate for another reason than the rate.
 * @param perSecond how many messages it sent per second
 * @param rate how many messages it was allowed to send per second
 */
export function isRateMissed(
  { sent, skipped, perSecond }: Readonly<Record<'sent' | 'skipped' | 'perSecond', number>>,
  rate: number,
): boolean {
  // If most messages are skipped, the time was needed to read them.
  return sent > skipped && sent >= minSeconds * rate && perSecond < reachedShare * rate;
}

/** The most messages that SQS accepts in one request. */
const maxPerRequest = 10;

/** Timers cannot keep a shorter window exactly. In parts of a second. */
const windowsPerSecond = 10;

/**
 * Creates a function that resolves when `count` more messages may be sent, ten at most. It resolves at once if the
 * operator stops the command. Ten may be sent at once, or the messages of a tenth of a second if that is more.
 * @param perSecond may be a fraction
 */
export function createThrottle(perSecond: number, stop: AbortSignal) {
  const limit = Math.max(maxPerRequest, Math.floor(perSecond / windowsPerSecond));
  const throttled = pThrottle({
    limit,
    interval: (limit * 1000) / perSecond,
    strict: true,
    weight: (count: number) => count,
    signal: stop,
  })(async (_count: number) => {});
  return (count: number): Promise<void> =>
    throttled(count).catch((error: unknown) => {
      if (!stop.aborted) throw error;
    });
}

/**
 * The clock of AWS, from the Date header of a client's responses. Times of messages and log lines use that clock,
 * and the clock of this machine may be minutes off. Before the first response, it is the clock of this machine.
 * @returns the time in milliseconds since 1970. It is never before the clock of AWS, and at most a second plus the
 * duration of one request after it
 */
export function awsClock(sqs: SQSClient): () => number {
  let offsetMs = Number.POSITIVE_INFINITY;
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = Date.now();
      const output = await next(args);
      const date = Date.parse(ResponseWithDate.safeParse(output.response).data?.headers.date ?? '');
      // The date is in whole seconds, so the real time may be the end of that second.
      if (!Number.isNaN(date)) offsetMs = Math.min(offsetMs, date + 1000 - sentAt);
      return output;
    },
    { step: 'deserialize', name: 'awsClock' },
  );
  return () => Date.now() + (Number.isFinite(offsetMs) ? offsetMs : 0);
}

const ResponseWithDate = z.object({ headers: z.object({ date: z.string() }) });
