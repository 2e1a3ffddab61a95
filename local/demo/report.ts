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

/** The limit for a machine that does not respond. A busy machine may need minutes. */
const waitTimeoutMs = 300_000;

/** Counts the messages that the webhook functions accept, and the outcomes that sync logs. */
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
    // sync itself sends confirmations and rechecks. No webhook function accepted them.
    const isConfirmation = reconcile?.startsWith('confirmation') ?? false;
    if (recheckRound !== undefined) return;
    const name = isConfirmation && outcome === 'reconciled' ? 'repaired' : outcome;
    if (reconcile === undefined || outcome !== 'unchanged') {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (!isConfirmation && disposition === 'acknowledge') done += 1;
  };

  return {
    /** Reads a log line of the stack. */
    readLine: ({ from, text }: StackLogLine): void => {
      if (!text.startsWith('{')) return;
      const line: unknown = JSON.parse(text);
      if (from === 'crm-change') countWebhook(line);
      if (from === 'task-event') {
        accepted += TaskEventAccepted.safeParse(line).data?.reconciles ?? 0;
      }
      if (from === 'sync') countSyncOutcome(line);
    },
    /** How many messages had this outcome. Reconciles that found nothing to do do not count. */
    count: (outcome: string): number => counts.get(outcome) ?? 0,
    /** How many messages the webhook functions have sent to a queue, and how many of them are done. */
    accepted: (): number => accepted,
    acceptedFromWebhooks: (): number => acceptedFromWebhooks,
    done: (): number => done,
    /**
     * Waits for a state.
     * @param what names the state in the error
     * @throws Error if the state is not reached within five minutes
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
  /** A description of each check that failed. */
  failures: string[];
  /** How many requests sync made to TaskRouter. */
  twilioCalls: number;
}

/** Adds the results of two scenarios. */
export function combineResults(one: ScenarioResult, other: ScenarioResult): ScenarioResult {
  return {
    failures: [...one.failures, ...other.failures],
    twilioCalls: one.twilioCalls + other.twilioCalls,
  };
}

/** A description of each check whose value is not the expected one. */
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

/** The operations that sync uses, by their names in the emulator's statistics. */
const syncOperations = ['fetchTask', 'updateTask', 'listReservations', 'listTasks', 'evaluate'];

/** How many of the counted calls sync may have made. */
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

/** A conversation in the view of a supervisor: one line for each segment, with its media. */
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
