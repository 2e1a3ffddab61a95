import * as z from 'zod';
import type { WorldLine } from '../../local/world-options.ts';

const Logged = z.looseObject({ level: z.string(), message: z.string() });
const Outcome = z.looseObject({ message: z.literal('outcome'), outcome: z.string() });

/** How the event source tells of a batch whose sync was killed. */
const killed = 'signal: SIGKILL';

/** Counts what the sync says its messages came to, and keeps what nobody did to it. */
export const tally = () => {
  const outcomes = new Map<string, number>();
  const surprises: string[] = [];

  const hearSync = (text: string): void => {
    if (!text.startsWith('{')) {
      surprises.push(text);
      return;
    }
    const line: unknown = JSON.parse(text);
    const logged = Logged.safeParse(line);
    if (logged.data?.level === 'ERROR') surprises.push(text);
    const { outcome } = Outcome.safeParse(line).data ?? {};
    if (outcome !== undefined) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };

  return {
    /** Takes a line of the world. */
    hear: ({ from, text }: WorldLine): void => {
      if (from === 'sync') hearSync(text);
      if (from === 'event-source' && !text.includes(killed)) surprises.push(text);
    },
    /** How many messages came to this outcome, each time that they were handed over. */
    of: (outcome: string): number => outcomes.get(outcome) ?? 0,
    /** Crashes and errors that were not of our making. They break no promise by themselves. */
    surprises: (): readonly string[] => surprises,
  };
};
