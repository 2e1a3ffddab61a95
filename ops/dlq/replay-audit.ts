import { Failure } from '../failure.ts';
import { type Audit, openAudit } from './audit.ts';

/** The audit of a replay: lines about messages, and events of the whole replay. */
export interface ReplayAudit extends Audit {
  /** @param state what has been done so far, for the message of a failure */
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
