import type { Context } from '../../ops/context.ts';
import { type ExitCode, exitCodes } from '../../ops/failure.ts';
import { formatDuration, wrap } from '../../ops/text.ts';
import type { DrillClock } from './clock.ts';
import { createScreen, type Step } from './screen.ts';
import { openStage } from './stage.ts';
import { deadLetterSteps, outageSteps } from './steps.ts';

/** The terminal that the drill runs in. */
export interface DrillTerminal extends Pick<Context, 'out' | 'colors'> {
  /**
   * Waits until the person has read a step.
   * @returns false if the person wants to end the drill
   */
  waitForReader: () => Promise<boolean>;
  /** Aborted by Ctrl-C. */
  stop: AbortSignal;
}

/**
 * Runs the drill on its own local stack, and checks each fact that it states.
 * @returns the exit code: 0 if every check passed, 5 after Ctrl-C, otherwise 1
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
    for (const failure of failures) out(`${colors.red('✗')} Failed: ${failure}\n`);
    const duration = formatDuration(performance.now() - startedAt);
    if (failures.length === 0)
      out(`\nEvery check passed, in ${duration}. The local stack is stopped.\n`);
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
    out('\nStopped. The local stack is stopped too.\n');
    return exitCodes.stopped;
  }
}

const introduction =
  'A night on call, in less than two minutes. The drill starts its own local stack. It does not affect npm start ' +
  'or AWS. It puts the clock of this stack forward, and runs each command as you see it. On a deployment, add ' +
  '--stack <name>. "Alarm" is what AWS would send you: the local stack has no alarms.';

/** What a person on call has practised after the drill. */
const lessons: readonly string[] = [
  'status, doctor, why: begin with these. They change nothing.',
  'TaskRouter is down: wait. sync retries, and writes the links within five minutes of its return.',
  'Twilio rejects the key: renew it at once. Calls that end before that do not get their links.',
  'Dead letters: dlq list, fix the cause, replay a few, then all. Exit code 6: a message failed again.',
  'You can replay as often as you like. Only purge deletes, and it writes a file first.',
  'A message that ends sync becomes a dead letter by itself. EventBridge events have their own dead-letter queue.',
  'sync pause stops sync. Webhooks are accepted, and SQS keeps their messages for four days.',
  'docs/runbook.md has a heading for each alarm. The drill does not show the reason crashed: it needs a fault in our code.',
];
