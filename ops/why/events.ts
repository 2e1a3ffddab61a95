import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import type { LogLine } from '../logs.ts';

/** One log line about an item: what happened, and the consequence. */
export interface TraceEvent {
  /** Milliseconds since 1970. */
  at: number;
  /** CloudWatch's id of the line. */
  id: string;
  part: 'crm-change' | 'task-event' | 'sync';
  outcome: string;
  /** The disposition of the message. Only lines of sync have it. */
  disposition?: string | undefined;
  reason?: string | undefined;
  tries?: number | undefined;
  /** Milliseconds from the change in the CRM. */
  lagMs?: number | undefined;
  /** Whether the line is about a Task as a whole: after a TaskRouter event, or to confirm a write. */
  isReconcile: boolean;
  tickets: readonly string[];
  /** SIDs of Tasks, calls and conversations. */
  sids: readonly string[];
  /** The text for people. */
  text: string;
}

/** The content of a log line. Undefined if the line is not about one message or request. */
export function toTraceEvent(part: TraceEvent['part'], line: LogLine): TraceEvent | undefined {
  const fields = Line.safeParse(line.text).data;
  if (fields === undefined) return undefined;
  const { outcome, disposition, reason, tries, lagMs, reconcile } = fields;
  const { ticket, tickets, linked, removed, taskSid, tasks, callSid, conversationSid } = fields;
  return {
    at: line.at,
    id: line.id,
    part,
    outcome,
    disposition,
    reason,
    tries,
    lagMs,
    isReconcile: reconcile !== undefined,
    tickets: [...new Set([...ticket, ...tickets, ...linked, ...removed])],
    sids: [...taskSid, ...tasks, ...callSid, ...conversationSid],
    text: part === 'sync' ? syncText(fields) : requestText(part, fields),
  };
}

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]).default([]);

const text = z.string().optional();

/** lambdas/crm-change/log-request.ts, lambdas/task-event/log-request.ts and lambdas/sync/log-outcomes.ts. */
const Line = jsonText(
  z.object({
    outcome: z.string(),
    disposition: text,
    reason: text,
    detail: text,
    tries: z.number().optional(),
    lagMs: z.number().optional(),
    reconcile: text,
    recheckRound: z.number().optional(),
    replay: text,
    invalidIds: z.number().optional(),
    source: text,
    ticket: texts,
    tickets: texts,
    linked: texts,
    removed: texts,
    taskSid: texts,
    tasks: texts,
    callSid: texts,
    conversationSid: texts,
  }),
);

type Line = z.output<typeof Line>;

function requestText(
  part: 'crm-change' | 'task-event',
  { outcome, source, invalidIds = 0 }: Line,
): string {
  const from = part === 'crm-change' ? `from ${source}: ` : '';
  const result = outcome === 'accepted' ? 'accepted and queued' : outcome;
  return `${from}${result}${invalidIds > 0 ? '; an attribute holds no id of its source' : ''}`;
}

function syncText(line: Line): string {
  const { reconcile, recheckRound, replay, tries = 1 } = line;
  const kind = [
    ...(replay === undefined ? [] : ['replay']),
    ...(recheckRound === undefined ? [] : [`recheck ${recheckRound}`]),
    ...(reconcile === undefined ? [] : [reconcile === 'event' ? 'reconcile' : reconcile]),
  ];
  return [...kind, outcomeText(line) + (tries > 1 ? `, try ${tries}` : '')].join(': ');
}

function outcomeText(line: Line): string {
  const { outcome, disposition, reason, detail, linked, removed, taskSid, reconcile } = line;
  const cause = [reason, detail].filter((part) => part !== undefined).join(': ');
  if (disposition === 'dead-letter') return `dead letter, ${cause}`;
  const on = taskSid.join(', ');
  switch (outcome) {
    case 'linked':
      return `linked on ${on}`;
    case 'removed':
      return `link removed from ${on}`;
    case 'reconciled': {
      const changes = [
        ...(linked.length > 0 ? [`linked ${linked.join(', ')}`] : []),
        ...(removed.length > 0 ? [`removed ${removed.join(', ')}`] : []),
      ];
      const isRepair = reconcile !== 'event' && changes.length === 0;
      return `wrote ${on}${isRepair ? ': links were missing' : ''}${changes.map((change) => `; ${change}`).join('')}`;
    }
    case 'unchanged':
      return 'up to date, nothing to write';
    case 'stale':
      return 'a newer version is there, nothing written';
    case 'waiting':
      return 'no agent has accepted the conversation, tried again later';
    case 'unmatched':
      return disposition === 'requeue'
        ? 'no Task matches yet, searched again later'
        : 'no Task matches, given up';
    case 'expired':
      return 'Twilio has deleted the Task, given up';
    case 'retry':
      return `tried again later, ${cause}`;
    default:
      return [outcome, cause].filter((part) => part !== '').join(', ');
  }
}
