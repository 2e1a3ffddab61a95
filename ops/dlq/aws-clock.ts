import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';

/**
 * The clock of AWS, from the Date header of a client's responses. Times of messages and log lines are by that
 * clock, and the clock of this machine may be minutes off. Before the first response it is the clock of this
 * machine.
 * @returns the time in milliseconds since 1970: never before the clock of AWS, and at most a second plus the
 * duration of one request after it
 */
export function awsClock(sqs: SQSClient): () => number {
  let offsetMs = Number.POSITIVE_INFINITY;
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = Date.now();
      const output = await next(args);
      const date = Date.parse(ResponseWithDate.safeParse(output.response).data?.headers.date ?? '');
      // The date is in whole seconds: the real time may be the end of that second.
      if (!Number.isNaN(date)) offsetMs = Math.min(offsetMs, date + 1000 - sentAt);
      return output;
    },
    { step: 'deserialize', name: 'awsClock' },
  );
  return () => Date.now() + (Number.isFinite(offsetMs) ? offsetMs : 0);
}

const ResponseWithDate = z.object({ headers: z.object({ date: z.string() }) });
