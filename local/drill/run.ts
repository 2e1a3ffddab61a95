import type { Context } from '../../ops/context.ts';
import { type ExitCode, exitCodes } from '../../ops/failure.ts';
import { formatDuration, wrap } from '../../ops/text.ts';
import type { DrillClock } from './clock.ts';
import { deadLetterSteps } from './dead-letter-steps.ts';
import { outageSteps } from './outage-steps.ts';
import { createScreen } from './screen.ts';
import { openStage } from './stage.ts';
import type { Step } from './step.ts';

/** The terminal, as the drill sees it. */
export interface DrillTerminal extends Pick<Context, 'out' | 'colors'> {
  /** Waits until the person has read a step. @returns false if they want to end the drill */
  waitForReader: () => Promise<boolean>;
  /** Aborted by Ctrl-C. */
  stop: AbortSignal;
}

/**
 * Plays the drill on a local stack of its own, and verifies what it says.
 * @returns 0 if everything came as told, 5 after Ctrl-C, else 1
 */
export async function runDrill(
  clock: DrillClock,
  terminal: DrillTerminal,
  played: readonly Step[] = [...outageSteps(), ...deadLetterSteps()],
): Promise<ExitCode> {
  const { out, colors, stop, waitForReader } = terminal;
  const startedAt = performance.now();
  out(`${wrap('', introduction, 0).join('\n')}\n\nStarting a local stack …\n`);
  const stage = await openStage(clock, stop);
  const screen = createScreen(stage.root, stop, terminal);
  try {
    for (const [index, { title, run }] of played.entries()) {
      if (!(await waitForReader())) return stopped();
      screen.heading(`Step ${index + 1} of ${played.length}: ${title}`);
      await run(stage, screen);
    }
    if (!(await waitForReader())) return stopped();
    screen.heading('What you have done');
    for (const lesson of lessons) screen.lesson(lesson);
    const { failures } = screen;
    for (const failure of failures) out(`${colors.red('✗')} Not as told: ${failure}\n`);
    const duration = formatDuration(performance.now() - startedAt);
    if (failures.length === 0) out(`\nAll was as told, in ${duration}. The stack is gone again.\n`);
    return failures.length === 0 ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (stop.aborted) return stopped();
    out(
      `${colors.red('✗')} The drill has failed: ${error instanceof Error ? error.message : error}\n`,
    );
    return exitCodes.failed;
  } finally {
    await stage.close();
  }

  function stopped(): ExitCode {
    out('\nStopped. The stack is gone again.\n');
    return exitCodes.stopped;
  }
}

const introduction =
  'A night on call, in less than two minutes. The drill starts a local stack of its own: npm start and AWS are ' +
  'not touched. The clock of this stack can be put forward. Each command is run as you see it; in life, add ' +
  '--stack <name>. "Alarm" is what AWS would send you: the local stack has no alarms.';

/** What everybody who goes on call has done once. */
const lessons: readonly string[] = [
  'status, doctor, why: look first. They change nothing.',
  'TaskRouter is down: wait. What is tried again comes back within five minutes of its return.',
  'The key is refused: renew it at once. Nothing else helps, and calls that end meanwhile lose their tickets.',
  'Dead letters: dlq list, mend the reason, then replay a few, then all. Exit code 6: look again.',
  'A replay does no harm, however often. Only purge deletes, and it writes a file first.',
  'A message that ends sync gets out of the way by itself. EventBridge events have a queue of their own.',
  'sync pause stops sync. Webhooks are accepted, and SQS keeps their messages for four days.',
  'docs/runbook.md has a heading for each alarm. crashed is the one reason that was not played: it takes a fault in our code.',
];
