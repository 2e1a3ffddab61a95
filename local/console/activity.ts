import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { ChangeView } from '../../console/parts.ts';
import type { Feed } from '../../console/server/feed.ts';
import { jsonText } from '../../shared/json.ts';
import { isConfirmation, Message } from '../../shared/messages/message.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import type { StackLogLine } from '../stack-options.ts';
import type { TwilioCalls } from './twilio-calls.ts';

export type Activity = ReturnType<typeof createActivity>;

/** A change that the webhook functions have accepted, and its progress. */
export interface AcknowledgedChange {
  change: TicketChange;
  /** `done`: the link is on the Task, because sync wrote it or found it there. */
  progress: 'under-way' | 'done' | 'dead-letter' | 'given-up';
}

interface Row extends ChangeView {
  messageId: string | undefined;
  message: Message | undefined;
  takenAt: number;
  /** The number of the batch in which sync received the message. */
  batch: number;
}

/** The most rows that the page shows. */
const maxRows = 500;

const deadLetter = 'dead letter';

/**
 * Follows each change from its webhook through the queue and TaskRouter to its outcome. It reads the log lines of
 * the functions, the batches that sync receives, and the requests to TaskRouter.
 * @param calls the requests to TaskRouter
 * @param onChange called after each change of a row
 */
export function createActivity(feed: Feed, calls: TwilioCalls, onChange: () => void) {
  const rows = new Map<string, Row>();
  const byMessage = new Map<string, Row>();
  let lastId = 0;
  let lastBatch = 0;

  const show = (row: Row): void => {
    const { messageId: _, message: __, takenAt: ___, batch: ____, ...view } = row;
    feed.set('change', view, row.id);
    onChange();
  };
  const add = (fields: Pick<Row, 'kind' | 'subject'> & Partial<Row>): Row => {
    lastId += 1;
    const row: Row = {
      id: String(lastId),
      at: Date.now(),
      state: 'under-way',
      outcome: 'accepted',
      tries: 1,
      tasks: [],
      steps: [],
      messageId: undefined,
      message: undefined,
      takenAt: Date.now(),
      batch: 0,
      ...fields,
    };
    rows.set(row.id, row);
    for (const { id, messageId } of [...rows.values()].slice(0, -maxRows)) {
      rows.delete(id);
      byMessage.delete(messageId ?? '');
      feed.remove('change', id);
    }
    return row;
  };
  const addStep = (row: Row, text: string, at = Date.now()): void => {
    row.steps = [...row.steps, { at, text }];
  };

  const readWebhook = (line: WebhookLine): void => {
    const { outcome, status, source = 'unknown', tickets, reasons, fields } = line;
    const answer = status === undefined ? outcome : `${outcome}, ${status}`;
    const step = { at: Date.now(), text: `webhook of ${source}: ${answer}` };
    if (outcome === 'accepted') {
      for (const subject of tickets) show(add({ kind: 'change', subject, steps: [step] }));
      return;
    }
    const state = outcome === 'ignored' ? 'quiet' : 'bad';
    const note = [...reasons, ...fields].join(', ') || undefined;
    show(add({ kind: 'webhook', subject: source, steps: [step], state, outcome, note }));
  };

  /** The row of a message. It is the row of an earlier copy of the message, or of the webhook that sent it. */
  const findRow = (message: Message): Row | undefined => {
    const identity = identityOf(message);
    const { kind, subject } = describeMessage(message);
    return [...rows.values()].find((row) => {
      if (row.kind !== kind || row.subject !== subject) return false;
      if (row.message === undefined) return row.state === 'under-way';
      const isOver = row.state !== 'waiting' && row.outcome !== deadLetter;
      return !isOver && identityOf(row.message) === identity;
    });
  };

  const takeRecord = ({ messageId, body }: SQSRecord): void => {
    const message = jsonText(Message).safeParse(body).data;
    const known = byMessage.get(messageId) ?? (message && findRow(message));
    const row = known ?? add(message === undefined ? unreadable : describeMessage(message));
    const isReplay = row.outcome === deadLetter;
    Object.assign(row, { messageId, message, takenAt: Date.now(), batch: lastBatch });
    byMessage.set(messageId, row);
    addStep(row, isReplay ? 'replayed, taken from the queue' : 'taken from the queue');
    // Checks are shown with their outcome, and only if they did something.
    if (row.kind === 'change') show(row);
  };

  const readOutcome = (line: OutcomeLine): void => {
    const row = byMessage.get(line.messageId);
    if (row === undefined) return;
    const { outcome, disposition, reason, detail, twilioCalls, lagMs, taskSid } = line;
    const isDeadLetter = disposition === 'dead-letter';
    row.tasks = taskSid;
    row.calls = (row.calls ?? 0) + twilioCalls;
    row.tries = line.tries;
    row.outcome = isDeadLetter ? deadLetter : outcome;
    row.state = isDeadLetter ? 'bad' : stateOf(outcome, disposition);
    row.note = noteOf(line) ?? (isDeadLetter || outcome === 'retry' ? reason : undefined);
    row.steps = [...row.steps, ...calls.about(taskSid, row.takenAt)];
    const cause = [reason, detail].filter((part) => part !== undefined).join(': ');
    addStep(row, [row.outcome, cause].filter(Boolean).join(', '));
    if (outcome === 'linked') row.lagMs = lagMs;
    const shown = row.kind === 'change' ? undefined : findSameWrite(row);
    const isQuietCheck = row.kind !== 'change' && row.state === 'quiet';
    if (shown === undefined && !isQuietCheck) {
      show(row);
      return;
    }
    if (shown === undefined) recordCheck(row);
    else {
      addStep(shown, 'another event of the Task asked for the same write');
      show(shown);
    }
    rows.delete(row.id);
    byMessage.delete(line.messageId);
  };

  /** The row of a message about the same Task in the same batch. One write does the work of both. */
  const findSameWrite = ({ id, kind, subject, batch, outcome }: Row): Row | undefined =>
    [...rows.values()].find(
      (row) =>
        row.id !== id &&
        row.batch === batch &&
        row.kind === kind &&
        row.subject === subject &&
        row.outcome === outcome,
    );

  /** If a check finds nothing to do, it becomes a step of the change that it checked. */
  const recordCheck = ({ kind, message, subject }: Row): void => {
    const tickets = message?.kind === 'reconcile' ? (message.change?.tickets ?? []) : [];
    const keys = [subject, ...tickets.map(({ ticket }) => ticket)];
    const checked = [...rows.values()].findLast(
      (row) =>
        row.state === 'good' && keys.some((key) => key === row.subject || row.tasks.includes(key)),
    );
    if (checked === undefined) return;
    addStep(
      checked,
      `checked by ${kind === 'reconcile' ? 'an event' : `a ${kind}`}: the link is there`,
    );
    show(checked);
  };

  return {
    /** Reads a log line of the stack. */
    readLine: ({ from, text }: StackLogLine): void => {
      if (from === 'crm-change') {
        const line = jsonText(WebhookLine).safeParse(text).data;
        if (line !== undefined) readWebhook(line);
      }
      if (from === 'sync') {
        const line = jsonText(OutcomeLine).safeParse(text).data;
        if (line !== undefined) readOutcome(line);
      }
    },
    /** Reads the records that sync receives next. */
    takeBatch: (records: readonly SQSRecord[]): void => {
      lastBatch += 1;
      for (const record of records) takeRecord(record);
    },
    /** The latest changes that the webhook functions have accepted. */
    acknowledged: (): AcknowledgedChange[] =>
      [...rows.values()].flatMap(({ kind, message, state, outcome }): AcknowledgedChange[] => {
        if (kind !== 'change' || message?.kind !== 'ticket-change') return [];
        const { change } = message;
        if (outcome === deadLetter) return [{ change, progress: 'dead-letter' }];
        if (state === 'under-way' || state === 'waiting')
          return [{ change, progress: 'under-way' }];
        const isGivenUp = outcome === 'unmatched' || outcome === 'expired';
        return [{ change, progress: isGivenUp ? 'given-up' : 'done' }];
      }),
    /** How many rows have no outcome yet. They are under way, or they wait for an agent or TaskRouter. */
    counts: () => {
      const count = (state: Row['state']) =>
        [...rows.values()].filter((row) => row.state === state).length;
      return { underWay: count('under-way'), waiting: count('waiting') };
    },
  };
}

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]).default([]);

/** See lambdas/crm-change/log-request.ts. */
const WebhookLine = z.object({
  message: z.string().startsWith('crm-change '),
  outcome: z.string(),
  status: z.number().optional(),
  source: z.string().optional(),
  tickets: texts,
  reasons: texts,
  fields: texts,
});

type WebhookLine = z.infer<typeof WebhookLine>;

/** See lambdas/sync/log-outcomes.ts. */
const OutcomeLine = z.object({
  message: z.literal('outcome'),
  messageId: z.string(),
  outcome: z.string(),
  disposition: z.string(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  tries: z.number(),
  twilioCalls: z.number(),
  lagMs: z.number().optional(),
  taskSid: texts,
  linked: texts,
  removed: texts,
});

type OutcomeLine = z.infer<typeof OutcomeLine>;

const unreadable = { kind: 'change', subject: 'not a message of crm-media-sync' } as const;

function describeMessage(message: Message): Pick<Row, 'kind' | 'subject'> {
  if (message.kind === 'reconcile') {
    const kind = isConfirmation(message) ? 'confirmation' : 'reconcile';
    return { kind, subject: message.meta.taskSid };
  }
  const isRecheck = message.meta.recheckRound !== undefined;
  return { kind: isRecheck ? 'recheck' : 'change', subject: message.change.ticket };
}

/** A text that is the same for all copies of a message: for retries and replays. */
function identityOf(message: Message): string {
  if (message.kind === 'ticket-change') {
    const { change, meta } = message;
    return `${change.ticket} ${change.version} ${change.link === null} ${meta.recheckRound}`;
  }
  const { taskSid, occurredAt, confirmationRound } = message.meta;
  return `${taskSid} ${occurredAt} ${confirmationRound}`;
}

function stateOf(outcome: string, disposition: string): Row['state'] {
  switch (outcome) {
    case 'linked':
    case 'removed':
    case 'reconciled':
      return 'good';
    case 'retry':
    case 'waiting':
      return 'waiting';
    case 'unmatched':
      return disposition === 'requeue' ? 'waiting' : 'quiet';
    case 'rejected':
    case 'expired':
      return 'bad';
    default:
      return 'quiet';
  }
}

const notes: Readonly<Record<string, string>> = {
  unchanged: 'the link was there before',
  stale: 'the Task has a newer version',
  waiting: 'no agent has accepted the conversation',
  unmatched: 'no conversation matches',
  expired: 'Twilio has deleted the Task',
};

function noteOf({ outcome, linked, removed }: OutcomeLine): string | undefined {
  if (outcome !== 'reconciled') return notes[outcome];
  const parts = [
    ...(linked.length > 0 ? [`linked ${linked.join(', ')}`] : []),
    ...(removed.length > 0 ? [`removed ${removed.join(', ')}`] : []),
  ];
  return parts.join('; ') || 'wrote what was missing';
}
