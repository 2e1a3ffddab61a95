import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';

/** The default folder of the audit files, relative to the working directory. */
export function defaultAuditFolder(root: string): string {
  return relative('', join(root, 'audit'));
}

/** A line of an audit file, as far as the next replay needs it. */
const AuditLine = jsonText(
  z.looseObject({
    event: z.string(),
    deadLetterId: z.string().optional(),
    deadLetterQueueUrl: z.string().optional(),
    queueUrl: z.string().optional(),
    at: z.string().optional(),
  }),
);

/** A new id of a run: it sorts by time and names the command. */
export function newRunId(command: 'replay' | 'purge', now: number): string {
  const time = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return `${command}-${time}-${randomBytes(3).toString('hex')}`;
}

/** The audit file of a run. */
export function auditPath(folder: string, runId: string): string {
  return join(folder, `${runId}.jsonl`);
}

/**
 * Creates a file of JSON lines for one run, readable by its owner only. When `write` resolves, the lines are
 * on the disk.
 * @throws Error with a `code` if it cannot be created or written; EEXIST if it exists
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
 * The maximum age of an audit that the next run trusts. Sending a message twice changes nothing, but the copy
 * that an older run sent may no longer be in the queue.
 */
const maxAuditAgeMs = 3_600_000;

/**
 * The ids of dead letters that earlier replays sent and, because they were killed, did not delete. Their
 * copies are in the queue already: they only have to be deleted.
 * @param now milliseconds since 1970
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
  // The last line of a killed run may be incomplete.
  return text.split('\n').flatMap((line) => AuditLine.safeParse(line).data ?? []);
}
