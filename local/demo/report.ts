import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import pc from 'picocolors';
import * as z from 'zod';
import { MediaItem } from '../../ops/explain/media-view.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { effectiveMedia, mediaLists } from '../../shared/media/attributes.ts';
import type { StackLogLine } from '../stack-options.ts';
import type { Segment } from './flex.ts';

const OutcomeLine = z.looseObject({
  message: z.literal('outcome'),
  outcome: z.string(),
  disposition: z.string(),
  reconcile: z.string().optional(),
  recheckRound: z.number().optional(),
});

const CrmChangeAccepted = z.looseObject({
  message: z.literal('crm-change accepted'),
  accepted: z.number(),
});

const TaskEventAccepted = z.looseObject({
  message: z.literal('task-event accepted'),
  reconciles: z.number(),
});

/** For a machine that is stuck: a busy one may take minutes. */
const waitTimeoutMs = 300_000;

/** Counts the messages that the webhook functions accept, and the outcomes that the sync logs. */
export function createOutcomeCounter() {
  const counts = new Map<string, number>();
  let accepted = 0;
  let acceptedFromWebhooks = 0;
  let done = 0;

  const countWebhook = (line: unknown): void => {
    const changes = CrmChangeAccepted.safeParse(line).data?.accepted ?? 0;
    accepted += changes;
    acceptedFromWebhooks += changes;
  };

  const countSyncOutcome = (line: unknown): void => {
    const logged = OutcomeLine.safeParse(line);
    if (!logged.success) return;
    const { outcome, disposition, reconcile, recheckRound } = logged.data;
    // The sync itself queues confirmations and rechecks: no webhook function accepted them.
    const isConfirmation = reconcile?.startsWith('confirmation') ?? false;
    if (recheckRound !== undefined) return;
    const name = isConfirmation && outcome === 'reconciled' ? 'repaired' : outcome;
    if (reconcile === undefined || outcome !== 'unchanged') {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (!isConfirmation && disposition === 'acknowledge') done += 1;
  };

  return {
    /** Takes a log line of the stack. */
    readLine: ({ from, text }: StackLogLine): void => {
      if (!text.startsWith('{')) return;
      const line: unknown = JSON.parse(text);
      if (from === 'crm-change') countWebhook(line);
      if (from === 'task-event') {
        accepted += TaskEventAccepted.safeParse(line).data?.reconciles ?? 0;
      }
      if (from === 'sync') countSyncOutcome(line);
    },
    /** How many messages had this outcome, less reconciles that found nothing to do. */
    count: (outcome: string): number => counts.get(outcome) ?? 0,
    /** Messages that are on the queue or were, and those that were acknowledged. */
    accepted: (): number => accepted,
    acceptedFromWebhooks: (): number => acceptedFromWebhooks,
    done: (): number => done,
    /**
     * Waits for a state.
     * @param what the state in words, for the error
     * @throws Error when it does not come within five minutes
     */
    waitUntil: async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
      const deadline = Date.now() + waitTimeoutMs;
      while (!(await condition())) {
        if (Date.now() > deadline)
          throw new Error(`${what}: did not happen within ${waitTimeoutMs / 1000} s`);
        await delay(10);
      }
    },
  };
}

export type OutcomeCounter = ReturnType<typeof createOutcomeCounter>;

/** The result of a scenario. */
export interface ScenarioResult {
  /** The checks that failed, in words. */
  failures: string[];
  /** Calls that the sync made to TaskRouter. */
  twilioCalls: number;
}

/** The results of two scenarios as one. */
export function combineResults(one: ScenarioResult, other: ScenarioResult): ScenarioResult {
  return {
    failures: [...one.failures, ...other.failures],
    twilioCalls: one.twilioCalls + other.twilioCalls,
  };
}

/** The checks whose value is not the expected one, in words. */
export function failedChecks(
  checks: readonly (readonly [what: string, found: unknown, expected: unknown])[],
): string[] {
  return checks
    .filter(([, found, expected]) => !isDeepStrictEqual(found, expected))
    .map(
      ([what, found, expected]) =>
        `${what} expected ${JSON.stringify(expected)}, got ${JSON.stringify(found)}`,
    );
}

/** The operations that the sync calls, by the names in the emulator's statistics. */
const syncOperations = ['fetchTask', 'updateTask', 'listReservations', 'listTasks', 'evaluate'];

/** How many of the counted calls are calls of these operations. */
export function countSyncCalls(calls: Readonly<Record<string, unknown>>): number {
  return syncOperations.reduce((sum, call) => sum + Number(calls[call] ?? 0), 0);
}

export function print(text = ''): void {
  void process.stdout.write(`${text}\n`);
}

export function printHeading(text: string): void {
  print(`\n${pc.bold(pc.green('▌'))} ${pc.bold(text)}`);
}

export function printNote(text: string): void {
  print(pc.dim(`  ${text}`));
}

/** A conversation as a supervisor sees it: a line for each segment, with its media. */
export function renderConversation(
  name: string,
  text: string,
  segments: readonly Segment[],
): string {
  const attributes = parseJson(text);
  const lines = segments.map(({ worker, sid }) => {
    const media = isObject(attributes) ? effectiveMedia(mediaLists(attributes), sid) : [];
    return `    ${worker.padEnd(6)}${media.length === 0 ? pc.dim('nothing') : media.map(renderMediaItem).join('   ')}`;
  });
  return [`  ${pc.bold(name)}`, ...lines].join('\n');
}

function renderMediaItem(item: unknown): string {
  const { type, title, url } = MediaItem.parse(item);
  if (type === 'VoiceRecording') return '▶ recording';
  if (type === 'ChatTranscript') return '≡ transcript';
  if (type === 'Referenced' || type === 'Embedded') {
    const host = typeof url === 'string' ? new URL(url).host : '';
    return `${pc.bold(pc.cyan(`↗ ${title}`))} ${pc.dim(host)}`;
  }
  return String(type);
}
