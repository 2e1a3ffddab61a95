import { isDeepStrictEqual, stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import * as z from 'zod';
import type { Context } from '../../ops/context.ts';
import { runCommandLine } from '../../ops/run.ts';
import { wrap } from '../../ops/text.ts';
import type { Stage } from './stage.ts';

const width = 80;

/** What a command of the drill returned. */
interface CommandResult {
  code: number;
  stdout: string;
}

/**
 * What the person at the terminal reads, in lines of 80 columns, and the commands that run before their eyes.
 * @param root the folder with the state file of the stack
 */
export function createScreen(
  root: string,
  stop: AbortSignal,
  { out, colors }: Pick<Context, 'out' | 'colors'>,
) {
  const failures: string[] = [];
  const print = (text: string): void =>
    out(text.split('\n').flatMap(fitLine).join('\n').replace(/\n*$/, '\n'));
  const context = (write: (text: string) => void): Context => ({
    environment: process.env,
    root,
    out: write,
    screen: write,
    err: write,
    colors,
    progress: () => ({ update: () => {}, end: () => {} }),
    stopSignal: () => stop,
    canAsk: false,
    ask: async () => undefined,
  });

  return {
    /** The checks that failed, in words. */
    failures,
    heading: (text: string): void =>
      out(`\n${colors.bold(colors.green('▌'))} ${colors.bold(text)}\n\n`),
    /** A sentence or a few. */
    tell: (text: string): void => print(wrap('  ', text, 2).join('\n')),
    /** Which alarm would begin on AWS, and when. */
    page: (alarm: string, when: string): void =>
      print(wrap(`  ${colors.red('Alarm')}  `, `${alarm}: ${when}`, 9).join('\n')),
    /** One line of the check list at the end. */
    lesson: (text: string): void => print(wrap('  [x] ', text, 6).join('\n')),
    /** A fact that the drill has verified. A false one is a failure of the drill. */
    check: (fact: string, isTrue: boolean): void => {
      if (!isTrue) failures.push(fact);
      const mark = isTrue ? colors.green('✓') : colors.red('✗');
      print(wrap(`  ${mark} `, `${isTrue ? '' : 'failed: '}${fact}`, 4).join('\n'));
    },
    /**
     * Prints a command, runs it, and prints what it prints.
     * @param expected its exit code
     */
    command: async (line: string, expected = 0): Promise<CommandResult> => {
      // An option stays on the line of its value.
      const joined = line.replaceAll(/(--\S+) (?=[^-])/g, '$1\u00a0');
      const lines = wrap('  $ ', `npm run ops -- ${joined}`, 6, width - 2);
      const typed = lines.join(' \\\n').replaceAll('\u00a0', ' ');
      out(`\n${colors.bold(colors.cyan(typed))}\n\n`);
      let stdout = '';
      const code = await runCommandLine(
        line.split(' '),
        context((text) => {
          stdout += text;
        }),
      );
      stop.throwIfAborted();
      print(stdout);
      out(`  ${colors.dim(`exit code ${code}`)}\n\n`);
      if (code !== expected) failures.push(`${line} exits with ${expected}, not ${code}`);
      return { code, stdout };
    },
    /** Runs a command without printing it, and parses its JSON. */
    read: async (line: string): Promise<unknown> => {
      let stdout = '';
      await runCommandLine([...line.split(' '), '--json'], {
        ...context((text) => {
          stdout += text;
        }),
        err: () => {},
        colors: pc.createColors(false),
      });
      stop.throwIfAborted();
      return JSON.parse(stdout);
    },
  };
}

type Screen = ReturnType<typeof createScreen>;

/** Breaks a line that is too long for the terminal between its words. The rest goes below its last column. */
function fitLine(line: string): string[] {
  if (stripVTControlCharacters(line).length <= width) return [line];
  const [first = ''] = /^.*\s{2}(?=\S)/.exec(line.slice(0, width / 2)) ?? [];
  return wrap(first, line.slice(first.length), first.length, width);
}

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
