import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';

const ResponseWithDate = z.object({ headers: z.object({ date: z.string() }) });

/**
 * AWS's clock, as the answers of a client tell of it: the times of messages and of log lines are by that one,
 * and the operator's may be minutes off. Before the first answer it is the operator's.
 * @returns the time in milliseconds since 1970: never before AWS's own, and after it by no more than a second
 * and the time that an answer took
 */
export const awsClock = (sqs: SQSClient): (() => number) => {
  let offsetMs = Number.POSITIVE_INFINITY;
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = Date.now();
      const output = await next(args);
      const date = Date.parse(ResponseWithDate.safeParse(output.response).data?.headers.date ?? '');
      // A date is in whole seconds: it may be the very end of this one.
      if (!Number.isNaN(date)) offsetMs = Math.min(offsetMs, date + 1000 - sentAt);
      return output;
    },
    { step: 'deserialize', name: 'awsClock' },
  );
  return () => Date.now() + (Number.isFinite(offsetMs) ? offsetMs : 0);
};
