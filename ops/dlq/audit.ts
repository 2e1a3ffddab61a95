import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';

/** Where the files of all runs are, unless the operator wants them elsewhere; seen from where we are. */
export function defaultAuditFolder(root: string): string {
  return relative('', join(root, 'audit'));
}

/** What an earlier replay has written of a letter, as far as the next one needs it. */
const AuditLine = jsonText(
  z.looseObject({
    event: z.string(),
    deadLetterId: z.string().optional(),
    deadLetterQueueUrl: z.string().optional(),
    queueUrl: z.string().optional(),
    at: z.string().optional(),
  }),
);

/** An id for a run, that sorts by time and says what it was. */
export function newRunId(command: 'replay' | 'purge', now: number): string {
  const time = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return `${command}-${time}-${randomBytes(3).toString('hex')}`;
}

/** The file of a run. */
export function auditPath(folder: string, runId: string): string {
  return join(folder, `${runId}.jsonl`);
}

/**
 * A file of JSON lines for one run: what is written is on the disk when `write` resolves. Only its owner
 * may read it.
 * @throws Error with a `code` where it cannot be made or written; EEXIST where it is there already
 */
export async function openAudit(path: string) {
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
}

export type Audit = Awaited<ReturnType<typeof openAudit>>;

/**
 * How long such notes are believed: later the queue may have let go of the copy, and to send a message twice
 * does no harm.
 */
const maxAuditAgeMs = 3_600_000;

/**
 * The letters of a queue that an earlier replay has sent, and was killed before it deleted them: SQS holds
 * their copies, so that they need not be sent once more.
 */
export async function sentButNotDeleted(
  folder: string,
  { deadLetterQueueUrl, queueUrl }: Readonly<Record<'deadLetterQueueUrl' | 'queueUrl', string>>,
  now: number,
): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch(() => []);
  const pending = new Set<string>();
  for (const name of names.filter((name) => name.startsWith('replay-')).sort()) {
    const [header, ...lines] = parseAuditLines(
      await readFile(join(folder, name), 'utf8').catch(() => ''),
    );
    if (header?.deadLetterQueueUrl !== deadLetterQueueUrl || header.queueUrl !== queueUrl) continue;
    if (header.at === undefined || !(now - Date.parse(header.at) < maxAuditAgeMs)) continue;
    for (const { event, deadLetterId } of lines) {
      if (deadLetterId === undefined) continue;
      if (event === 'sent') pending.add(deadLetterId);
      if (event === 'deleted') pending.delete(deadLetterId);
    }
  }
  return pending;
}

function parseAuditLines(text: string): z.infer<typeof AuditLine>[] {
  // The last line of a run that was killed may be cut off.
  return text.split('\n').flatMap((line) => AuditLine.safeParse(line).data ?? []);
}
