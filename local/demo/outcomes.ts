import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { WorldLine } from '../world-options.ts';

const Logged = z.looseObject({
  message: z.literal('outcome'),
  outcome: z.string(),
  next: z.string(),
  messageId: z.string(),
});

const TakenIn = z.looseObject({
  message: z.literal('crm-change accepted'),
  accepted: z.number(),
});

const patienceMs = 10_000;

/** Listens to what crm-change took in, and to what the sync says of each message. */
export const outcomes = () => {
  const counts = new Map<string, number>();
  let accepted = 0;
  let settled = 0;
  return {
    /** Takes a line of the world. */
    hear: ({ from, text }: WorldLine): void => {
      if (!text.startsWith('{')) return;
      const line: unknown = JSON.parse(text);
      if (from === 'crm-change') accepted += TakenIn.safeParse(line).data?.accepted ?? 0;
      if (from !== 'sync') return;
      const logged = Logged.safeParse(line);
      if (!logged.success) return;
      const { outcome, next } = logged.data;
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (next === 'acknowledge') settled += 1;
    },
    of: (outcome: string): number => counts.get(outcome) ?? 0,
    /** Messages that the queue took, and those that are done with. */
    accepted: (): number => accepted,
    settled: (): number => settled,
    /**
     * Waits until something has been heard.
     * @throws Error when it has not come about within ten seconds
     */
    until: async (what: string, isSo: () => boolean): Promise<void> => {
      const deadline = Date.now() + patienceMs;
      while (!isSo()) {
        if (Date.now() > deadline) throw new Error(`${what}: not within ${patienceMs / 1000} s`);
        await delay(10);
      }
    },
  };
};
export type Outcomes = ReturnType<typeof outcomes>;
