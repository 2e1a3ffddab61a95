import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { Message } from '../../shared/messages/message.ts';
import type { BatchRecord, Outcome } from '../../shared/sync/types.ts';

/** The records of an SQS event with their messages, valid or not, and their progress. Never throws. */
export function parseRecords(records: readonly SQSRecord[]): readonly BatchRecord[] {
  return records.map((record) => ({
    record,
    ...readProgress(record),
    ...parseBody(record.body),
  }));
}

function parseBody(body: string): { message: Message } | { message: undefined; detail: string } {
  try {
    const parsed = Message.safeParse(JSON.parse(body));
    if (parsed.success) return { message: parsed.data };
    const issues = parsed.error.issues.map(
      ({ path, code }) => `${path.join('.') || 'body'} ${code}`,
    );
    return { message: undefined, detail: issues.join(', ') };
  } catch {
    // The error of JSON.parse quotes the body.
    return { message: undefined, detail: 'cannot be parsed' };
  }
}

type Progress = Pick<BatchRecord, 'tries' | 'firstTriedAt' | 'sentAt' | 'unfinishedTries'>;

/**
 * How often and since when a message has been tried, with its earlier copies.
 *
 * A try with an outcome ends with the record deleted: the message was applied, or a copy replaces it. So a record
 * that SQS delivers again has no outcome of its last delivery. The function crashed, timed out or did not start, or
 * SQS did not accept the copy. That counts as one unfinished try, however often SQS delivered the record: if the
 * function cannot start for hours, its messages are not the cause.
 */
function readProgress({ attributes, messageAttributes }: SQSRecord): Progress {
  const receives = Number(attributes.ApproximateReceiveCount);
  const earlier = EarlierTries.parse(
    Object.fromEntries(
      Object.entries(messageAttributes).map(([name, { stringValue }]) => [name, stringValue]),
    ),
  );
  return {
    tries: earlier.earlierTries + receives,
    firstTriedAt: earlier.firstTriedAt ?? Number(attributes.ApproximateFirstReceiveTimestamp),
    sentAt: earlier.firstSentAt ?? Number(attributes.SentTimestamp),
    unfinishedTries: earlier.unfinishedTries + (receives > 1 ? 1 : 0),
  };
}

/** The progress of a message as attributes of the copy that is tried next. */
export function progressAttributes({
  tries,
  firstTriedAt,
  sentAt,
  unfinishedTries,
}: Progress): Record<keyof z.infer<typeof EarlierTries>, MessageAttributeValue> {
  return {
    earlierTries: number(tries),
    firstTriedAt: number(firstTriedAt),
    firstSentAt: number(sentAt),
    unfinishedTries: number(unfinishedTries),
  };
}

const count = z.coerce.number().int().nonnegative();

/**
 * The attributes of a copy. Their names differ from those of a dead letter, because SQS redrives a dead letter with
 * its attributes.
 */
const EarlierTries = z.object({
  earlierTries: count.catch(0),
  firstTriedAt: count.optional().catch(undefined),
  firstSentAt: count.optional().catch(undefined),
  unfinishedTries: count.catch(0),
});

function number(value: number): MessageAttributeValue {
  return { DataType: 'Number', StringValue: String(value) };
}

interface Groups {
  /** These are tried first, all together. */
  readonly together: readonly BatchRecord[];
  /** These are tried after all others, because one of them may end the process. */
  readonly apart: readonly BatchRecord[];
  /** These are not tried in this invocation. The outcome says why. */
  readonly heldBack: ReadonlyMap<BatchRecord, Outcome>;
}

/**
 * Separates a message that ends the process from its neighbours. A record whose last try left no outcome may be
 * that message, or one of its neighbours.
 *
 * | unfinished tries | tried                                                                   |
 * | ---------------- | ----------------------------------------------------------------------- |
 * | 0                | with all others                                                         |
 * | 1                | with a few of its kind: most of them are not the cause                  |
 * | 2, 3             | alone                                                                   |
 * | 4                | no more: it becomes a dead letter                                       |
 *
 * An invocation tries one such group and holds the others back. A record that SQS delivers again is held back too:
 * only its copy says how many tries it has left unfinished.
 */
export function isolate(records: readonly BatchRecord[]): Groups {
  const [again, first] = partition(records, ({ record }) => receives(record) > 1);
  const [suspects, together] = partition(first, ({ unfinishedTries }) => unfinishedTries > 0);
  const fewest = Math.min(...suspects.map(({ unfinishedTries }) => unfinishedTries));
  const size = fewest === 1 ? suspectsTogether : 1;
  const apart = suspects.filter(({ unfinishedTries }) => unfinishedTries === fewest).slice(0, size);
  const others = suspects.filter((suspect) => !apart.includes(suspect));
  return {
    together,
    apart,
    heldBack: new Map([
      ...again.map((record) => [record, heldBack('the last try left no outcome')] as const),
      ...others.map((record) => [record, heldBack('waits for a smaller group')] as const),
    ]),
  };
}

/**
 * About the square root of a batch. The first crash affects 43 neighbours at most, the second 5, the others none. One
 * record at a time from the beginning would delay thousands of messages after a failure that they did not cause.
 */
const suspectsTogether = 6;

function heldBack(detail: string): Outcome {
  return { outcome: 'retry', reason: 'sync-did-not-finish', detail };
}

function receives({ attributes }: BatchRecord['record']): number {
  return Number(attributes.ApproximateReceiveCount);
}

function partition<Item>(
  items: readonly Item[],
  test: (item: Item) => boolean,
): [passed: Item[], failed: Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
