import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { WorldLine } from '../world-options.ts';

const Logged = z.looseObject({
  message: z.literal('outcome'),
  outcome: z.string(),
  next: z.string(),
  settle: z.string().optional(),
  look: z.number().optional(),
});

const FromCrm = z.looseObject({
  message: z.literal('crm-change accepted'),
  accepted: z.number(),
});

const FromTaskRouter = z.looseObject({
  message: z.literal('task-event accepted'),
  settles: z.number(),
  changes: z.number(),
});

const patienceMs = 10_000;

/** Listens to what the doors took in, and to what the sync says of each message. */
export const outcomes = () => {
  const counts = new Map<string, number>();
  let accepted = 0;
  let done = 0;

  const hearSync = (line: unknown): void => {
    const logged = Logged.safeParse(line);
    if (!logged.success) return;
    const { outcome, next, settle, look } = logged.data;
    // Confirmations and second looks are the sync's own: no door took them in.
    const isConfirmation = settle?.startsWith('confirmation') ?? false;
    if (look !== undefined) return;
    const name = isConfirmation && outcome === 'settled' ? 'restored' : outcome;
    if (settle === undefined || outcome !== 'unchanged') {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (!isConfirmation && next === 'acknowledge') done += 1;
  };

  return {
    /** Takes a line of the world. */
    hear: ({ from, text }: WorldLine): void => {
      if (!text.startsWith('{')) return;
      const line: unknown = JSON.parse(text);
      if (from === 'crm-change') accepted += FromCrm.safeParse(line).data?.accepted ?? 0;
      if (from === 'task-event') {
        const { settles = 0, changes = 0 } = FromTaskRouter.safeParse(line).data ?? {};
        accepted += settles + changes;
      }
      if (from === 'sync') hearSync(line);
    },
    /** How many messages came to this outcome, less settles that found nothing to do. */
    of: (outcome: string): number => counts.get(outcome) ?? 0,
    /** Messages that the queue took, and those that are done with. */
    accepted: (): number => accepted,
    done: (): number => done,
    /**
     * Waits until something has been heard.
     * @throws Error when it has not come about within ten seconds
     */
    until: async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
      const deadline = Date.now() + patienceMs;
      while (!(await isSo())) {
        if (Date.now() > deadline) throw new Error(`${what}: not within ${patienceMs / 1000} s`);
        await delay(10);
      }
    },
  };
};
export type Outcomes = ReturnType<typeof outcomes>;
