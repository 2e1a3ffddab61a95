import { isDeepStrictEqual, stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import * as z from 'zod';
import type { Context } from '../../ops/context.ts';
import { runCommandLine } from '../../ops/run.ts';
import { wrap } from '../../ops/text.ts';
import type { Stage } from './stage.ts';

const width = 80;

/** The result of a command of the drill. */
interface CommandResult {
  code: number;
  stdout: string;
}

/**
 * Prints text for the person at the terminal, in lines of 80 columns, and runs commands visibly.
 * @param root the folder that contains the state file of the stack
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
    /** A description of each check that failed. */
    failures,
    heading: (text: string): void =>
      out(`\n${colors.bold(colors.green('▌'))} ${colors.bold(text)}\n\n`),
    /** Prints one or more sentences. */
    tell: (text: string): void => print(wrap('  ', text, 2).join('\n')),
    /** Prints which alarm AWS would send, and when. */
    page: (alarm: string, when: string): void =>
      print(wrap(`  ${colors.red('Alarm')}  `, `${alarm}: ${when}`, 9).join('\n')),
    /** Prints one line of the list at the end. */
    lesson: (text: string): void => print(wrap('  [x] ', text, 6).join('\n')),
    /** Prints a fact and whether it is true. If it is not, the drill fails. */
    check: (fact: string, isTrue: boolean): void => {
      if (!isTrue) failures.push(fact);
      const mark = isTrue ? colors.green('✓') : colors.red('✗');
      print(wrap(`  ${mark} `, `${isTrue ? '' : 'failed: '}${fact}`, 4).join('\n'));
    },
    /**
     * Prints a command, runs it, and prints its output.
     * @param expected the expected exit code
     */
    command: async (line: string, expected = 0): Promise<CommandResult> => {
      // A line break must not separate an option from its value.
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
    /** Runs a command, parses its JSON output and prints nothing. */
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

/** Breaks a line between words if it is too long for the terminal. The rest is indented to the last column. */
function fitLine(line: string): string[] {
  if (stripVTControlCharacters(line).length <= width) return [line];
  const [first = ''] = /^.*\s{2}(?=\S)/.exec(line.slice(0, width / 2)) ?? [];
  return wrap(first, line.slice(first.length), first.length, width);
}

/** One step of the drill: the event, what the person on call sees, and the commands to type. */
export interface Step {
  title: string;
  run: (stage: Stage, screen: Screen) => Promise<void>;
}

const DeadLetters = z.object({
  deadLetters: z.array(z.object({ id: z.string(), reason: z.string() })),
});

/** The reasons of the dead letters, and the id of one of them. */
async function readDeadLetters(screen: Screen) {
  const { deadLetters } = DeadLetters.parse(await screen.read('dlq list --each'));
  return {
    reasons: [...new Set(deadLetters.map(({ reason }) => reason))].sort(),
    id: deadLetters[0]?.id.slice(0, 4) ?? 'none',
  };
}

/**
 * Checks that the dead letters have exactly these reasons.
 * @returns the id of one of them
 */
export async function checkReasons(
  screen: Screen,
  ...expected: readonly string[]
): Promise<string> {
  const { reasons, id } = await readDeadLetters(screen);
  screen.check(`dead letters: ${expected.join(', ')}`, isDeepStrictEqual(reasons, expected));
  return id;
}

/** Checks that replayed tickets are linked to their calls, and that no dead letter is left. */
export async function checkReplayed(stage: Stage, screen: Screen, tickets: readonly string[]) {
  await checkLinked(stage, screen, tickets);
  screen.check('the dead-letter queue is empty', (await stage.deadLetterCount()) === 0);
}

/** Checks that tickets are linked to their calls. */
export async function checkLinked(stage: Stage, screen: Screen, tickets: readonly string[]) {
  const text = tickets.length === 1 ? 'its link is there' : `all ${tickets.length} links are there`;
  screen.check(text, await stage.areLinked(tickets));
}
