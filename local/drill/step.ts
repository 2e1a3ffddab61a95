import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** One step of the drill: what happens, what the person on call sees, and what they type. */
export interface Step {
  title: string;
  run: (stage: Stage, screen: Screen) => Promise<void>;
}

const DeadLetters = z.object({
  deadLetters: z.array(z.object({ id: z.string(), reason: z.string() })),
});

/** The reasons of the dead letters, and an id of one of them. */
async function readDeadLetters(screen: Screen) {
  const { deadLetters } = DeadLetters.parse(await screen.read('dlq list --each'));
  return {
    reasons: [...new Set(deadLetters.map(({ reason }) => reason))].sort(),
    id: deadLetters[0]?.id.slice(0, 4) ?? 'none',
  };
}

/** Checks that there are dead letters of these reasons and no others. @returns an id of one of them */
export async function checkReasons(
  screen: Screen,
  ...expected: readonly string[]
): Promise<string> {
  const { reasons, id } = await readDeadLetters(screen);
  screen.check(`dead letters: ${expected.join(', ')}`, isDeepStrictEqual(reasons, expected));
  return id;
}

/** Checks that replayed tickets are on their calls, and that no dead letter is left. */
export async function checkReplayed(stage: Stage, screen: Screen, tickets: readonly string[]) {
  await checkLinked(stage, screen, tickets);
  screen.check('the dead-letter queue is empty', (await stage.deadLetterCount()) === 0);
}

/** Checks that tickets are on their calls. */
export async function checkLinked(stage: Stage, screen: Screen, tickets: readonly string[]) {
  const text = tickets.length === 1 ? 'its link is there' : `all ${tickets.length} links are there`;
  screen.check(text, await stage.areLinked(tickets));
}
