import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { StackLogLine } from '../stack-options.ts';

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
  changes: z.number(),
});

const waitTimeoutMs = 10_000;

/** Listens to what the doors took in, and to what the sync says of each message. */
export function createOutcomeCounter() {
  const counts = new Map<string, number>();
  let accepted = 0;
  let done = 0;

  const countSyncOutcome = (line: unknown): void => {
    const logged = OutcomeLine.safeParse(line);
    if (!logged.success) return;
    const { outcome, disposition, reconcile, recheckRound } = logged.data;
    // Confirmations and second looks are the sync's own: no door took them in.
    const isConfirmation = reconcile?.startsWith('confirmation') ?? false;
    if (recheckRound !== undefined) return;
    const name = isConfirmation && outcome === 'reconciled' ? 'repaired' : outcome;
    if (reconcile === undefined || outcome !== 'unchanged') {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (!isConfirmation && disposition === 'acknowledge') done += 1;
  };

  return {
    /** Takes a line of the world. */
    readLine: ({ from, text }: StackLogLine): void => {
      if (!text.startsWith('{')) return;
      const line: unknown = JSON.parse(text);
      if (from === 'crm-change') accepted += CrmChangeAccepted.safeParse(line).data?.accepted ?? 0;
      if (from === 'task-event') {
        const { reconciles = 0, changes = 0 } = TaskEventAccepted.safeParse(line).data ?? {};
        accepted += reconciles + changes;
      }
      if (from === 'sync') countSyncOutcome(line);
    },
    /** How many messages came to this outcome, less reconciles that found nothing to do. */
    count: (outcome: string): number => counts.get(outcome) ?? 0,
    /** Messages that the queue took, and those that are done with. */
    accepted: (): number => accepted,
    done: (): number => done,
    /**
     * Waits until something has been heard.
     * @throws Error when it has not come about within ten seconds
     */
    waitUntil: async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
      const deadline = Date.now() + waitTimeoutMs;
      while (!(await condition())) {
        if (Date.now() > deadline) throw new Error(`${what}: not within ${waitTimeoutMs / 1000} s`);
        await delay(10);
      }
    },
  };
}

export type OutcomeCounter = ReturnType<typeof createOutcomeCounter>;

/** What came of a story. */
export interface ScenarioResult {
  /** What was not as it should be, in words. */
  readonly failures: readonly string[];
  /** Calls that the sync made to TaskRouter. */
  readonly twilioCalls: number;
}

/** Two stories as one. */
export function combineResults(one: ScenarioResult, other: ScenarioResult): ScenarioResult {
  return {
    failures: [...one.failures, ...other.failures],
    twilioCalls: one.twilioCalls + other.twilioCalls,
  };
}

/** What is wrong where something was found that should be another, in words. */
export function failedChecks(
  checks: readonly (readonly [what: string, found: unknown, expected: unknown])[],
): string[] {
  return checks
    .filter(([, found, expected]) => !isDeepStrictEqual(found, expected))
    .map(
      ([what, found, expected]) =>
        `${what} should be ${JSON.stringify(expected)}, but is ${JSON.stringify(found)}`,
    );
}

/** The calls that the sync makes, as the twin counts them. */
const syncOperations = ['fetchTask', 'updateTask', 'listReservations', 'listTasks', 'evaluate'];

/** How many of the twin's calls are of the kinds that the sync makes. */
export function countSyncCalls(calls: Readonly<Record<string, unknown>>): number {
  return syncOperations.reduce((sum, call) => sum + Number(calls[call] ?? 0), 0);
}
