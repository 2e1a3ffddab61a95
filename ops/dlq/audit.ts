import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';

/** Where the files of all runs are, unless the operator wants them elsewhere; seen from where we are. */
export const usualFolder = (root: string): string => relative('', join(root, 'audit'));

/** What an earlier replay has written of a letter, as far as the next one needs it. */
const Line = jsonText(
  z.looseObject({
    event: z.string(),
    letter: z.string().optional(),
    deadLetterQueueUrl: z.string().optional(),
    queueUrl: z.string().optional(),
    at: z.string().optional(),
  }),
);

/** An id for a run, that sorts by time and says what it was. */
export const newRunId = (what: 'replay' | 'purge', now: number): string => {
  const time = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return `${what}-${time}-${randomBytes(3).toString('hex')}`;
};

/** The file of a run. */
export const auditPath = (folder: string, runId: string): string => join(folder, `${runId}.jsonl`);

/**
 * A file of JSON lines for one run: what is written is on the disk when `write` resolves. Only its owner
 * may read it.
 * @throws Error with a `code` where it cannot be made or written; EEXIST where it is there already
 */
export const openAudit = async (path: string) => {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'ax', 0o600);
  return {
    path,
    write: async (lines: readonly object[]): Promise<void> => {
      if (lines.length === 0) return;
      await file.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await file.datasync();
    },
    close: () => file.close(),
  };
};
export type Audit = Awaited<ReturnType<typeof openAudit>>;

const linesOf = (text: string): z.infer<typeof Line>[] =>
  // The last line of a run that was killed may be cut off.
  text.split('\n').flatMap((line) => Line.safeParse(line).data ?? []);

/**
 * How long such notes are believed: later the queue may have let go of the copy, and to send a message twice
 * does no harm.
 */
const trustedMs = 3_600_000;

/**
 * The letters of a queue that an earlier replay has sent, and was killed before it deleted them: SQS holds
 * their copies, so that they need not be sent once more.
 */
export const sentButNotDeleted = async (
  folder: string,
  { deadLetterQueueUrl, queueUrl }: Readonly<Record<'deadLetterQueueUrl' | 'queueUrl', string>>,
  now: number,
): Promise<ReadonlySet<string>> => {
  const names = await readdir(folder).catch(() => []);
  const left = new Set<string>();
  for (const name of names.filter((name) => name.startsWith('replay-')).sort()) {
    const [began, ...lines] = linesOf(await readFile(join(folder, name), 'utf8').catch(() => ''));
    if (began?.deadLetterQueueUrl !== deadLetterQueueUrl || began.queueUrl !== queueUrl) continue;
    if (began.at === undefined || !(now - Date.parse(began.at) < trustedMs)) continue;
    for (const { event, letter } of lines) {
      if (letter === undefined) continue;
      if (event === 'sent') left.add(letter);
      if (event === 'deleted') left.delete(letter);
    }
  }
  return left;
};
