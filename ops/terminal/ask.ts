import { createInterface } from 'node:readline/promises';

/**
 * Asks the person at the terminal, on stderr.
 * @returns the answer; undefined where there is no terminal, or the answer was Ctrl-C or Ctrl-D
 */
export const ask = async (question: string): Promise<string | undefined> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<undefined>((resolve) => {
    reader.once('close', () => resolve(undefined));
  });
  reader.once('SIGINT', () => reader.close());
  try {
    return await Promise.race([reader.question(question), closed]);
  } finally {
    reader.close();
  }
};
