import type { Outcome } from '../../lambdas/sync/apply/outcome.ts';
import type { Handled } from '../../lambdas/sync/handled.ts';
import type { Message } from '../../shared/message/message.ts';
import { changeOf } from './changes.ts';

export const now = Date.UTC(2026, 10, 22);

interface Story {
  readonly message?: Message;
  readonly outcome: Outcome;
  readonly fate?: Handled['disposition'];
  readonly visits?: Handled['updates'];
  /** When it was put on the queue, seconds before now: when it was taken in, unless told otherwise. */
  readonly sentSeconds?: number;
}

/** A change that was made and taken in so many seconds ago. */
export const changeSince = (
  seconds: number,
  change: Parameters<typeof changeOf>[2] = {},
): ReturnType<typeof changeOf> => {
  const at = now - seconds * 1000;
  return changeOf(1, {}, { occurredAt: at, receivedAt: at, ...change });
};

/** A record that was handed over for the first time, and what it came to now. */
export const handledOf = ({
  message = changeSince(0),
  outcome,
  fate = { action: 'acknowledge' },
  visits = [],
  sentSeconds = (now - message.receivedAt) / 1000,
}: Story): Handled => ({
  record: {
    messageId: 'message',
    receiptHandle: 'receipt',
    body: JSON.stringify(message),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(now - sentSeconds * 1000),
      SenderId: '',
      ApproximateFirstReceiveTimestamp: String(now),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  },
  tries: 1,
  firstTriedAt: now,
  message,
  outcome,
  updates: visits,
  disposition: fate,
});
