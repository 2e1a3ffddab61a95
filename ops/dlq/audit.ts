import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { Failure } from '../failure.ts';

/** The default folder of the audit files, relative to the working directory. */
export function defaultAuditFolder(root: string): string {
  return relative('', join(root, 'audit'));
}

/** The part of an audit line that the next replay needs. */
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
 * Creates a file of JSON lines for one run. Only its owner can read it. When `write` resolves, the lines are on the
 * disk. Lines that come while the disk is busy are written together (a group commit).
 * @throws Error with a `code` if the file cannot be created or written, EEXIST if it exists
 */
export async function openAudit(path: string) {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'ax', 0o600);
  let lastCommit = Promise.resolve();
  /** The lines of the next commit, and the promise of that commit. */
  let next: { lines: string[]; commit: Promise<void> } | undefined;
  const commitNext = async (): Promise<void> => {
    const text = next?.lines.join('') ?? '';
    next = undefined;
    await file.appendFile(text);
    await file.datasync();
  };
  return {
    path,
    write: (lines: readonly object[]): Promise<void> => {
      if (lines.length === 0) return Promise.resolve();
      // After a failed commit, the file may end in the middle of a line. So the next commit fails too.
      next ??= { lines: [], commit: lastCommit.then(commitNext) };
      next.lines.push(...lines.map((line) => `${JSON.stringify(line)}\n`));
      lastCommit = next.commit;
      return next.commit;
    },
    close: () => file.close(),
  };
}

export type Audit = Awaited<ReturnType<typeof openAudit>>;

/** The audit of a replay: lines about messages, and events of the whole replay. */
export interface ReplayAudit extends Audit {
  /** @param state the state so far, for the message of a failure */
  writeEvent: (event: 'started' | 'finished', fields: object, state: string) => Promise<void>;
}

/** @throws Failure if the file cannot be created */
export async function openReplayAudit(path: string, replayId: string): Promise<ReplayAudit> {
  const audit = await openAudit(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      `The audit file ${path} could not be created (${error.code}). Nothing was sent.`,
      'Give a writable folder: --audit <folder>.',
      { cause: error },
    );
  });
  return {
    ...audit,
    writeEvent: (event, fields, state) =>
      audit
        .write([{ at: new Date().toISOString(), event, replay: replayId, ...fields }])
        .catch((error: NodeJS.ErrnoException) => {
          throw new Failure(
            `The audit file ${path} could not be written (${error.code}). ${state}`,
            'Free space on that disk, or give another folder: --audit <folder>.',
            { cause: error },
          );
        }),
  };
}

/**
 * The age up to which the next run uses an audit. To send a message twice changes nothing. But the copy that an
 * older run sent may no longer be in the queue.
 */
const maxAuditAgeMs = 3_600_000;

/**
 * The ids of dead letters that earlier replays sent and did not delete, because they were killed. Their copies are
 * in the queue already, so these dead letters only need to be deleted.
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
    let isOurs: boolean | undefined;
    for await (const line of auditLines(join(folder, name))) {
      isOurs ??=
        line.deadLetterQueueUrl === deadLetterQueueUrl &&
        line.queueUrl === queueUrl &&
        now - Date.parse(line.at ?? '') < maxAuditAgeMs;
      if (!isOurs) break;
      const { event, deadLetterId } = line;
      if (deadLetterId === undefined) continue;
      if (event === 'sent') pending.add(deadLetterId);
      if (event === 'deleted') pending.delete(deadLetterId);
    }
  }
  return pending;
}

/** The lines of an audit file; none if it cannot be read. */
async function* auditLines(path: string): AsyncGenerator<z.infer<typeof AuditLine>> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return;
  for await (const text of file.readLines()) {
    // The last line of a killed run may be incomplete.
    const line = AuditLine.safeParse(text).data;
    if (line !== undefined) yield line;
  }
}
