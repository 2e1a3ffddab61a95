import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Failure } from '../failure.ts';

/**
 * The text of a file, or of what is piped in; a person at the terminal is told to paste it.
 * @throws Failure when the file cannot be read
 */
export const readInput = async (
  file: string | undefined,
  tell: (line: string) => void,
): Promise<string> => {
  if (file !== undefined) {
    return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Failure(
        `${file} cannot be read (${error.code})`,
        'Name a file with a stack trace or log lines, or pipe them in.',
        { cause: error },
      );
    });
  }
  if (process.stdin.isTTY) tell('Paste the stack trace or the log lines, then press Ctrl-D.\n');
  return text(process.stdin);
};
