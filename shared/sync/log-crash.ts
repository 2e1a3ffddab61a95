import { TaskRouterError } from '../taskrouter/errors.ts';
import type { Log } from './options.ts';

/**
 * Logs an unexpected error: its name and its stack frames, without its message, which can quote data
 * (that of JSON.parse does). Errors of TaskRouter are expected.
 */
export function logCrash(
  logger: Log,
  error: unknown,
  fields: Readonly<Record<string, string>> = {},
): void {
  if (error instanceof TaskRouterError) return;
  const crash =
    error instanceof Error
      ? { error: error.name, at: stackFrames(error) }
      : { error: typeof error };
  logger.error('unexpected error', { ...fields, ...crash });
}

/**
 * The frames of a stack, which begins with `<name>: <message>`. A line of the message may look like a
 * frame, so the message is cut off first. If the stack does not hold it (somebody has changed it since),
 * its end is not known, and no frame is logged.
 */
function stackFrames({ message, stack = '' }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const frames = start === -1 ? '' : stack.slice(start + message.length);
  return frames.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));
}
