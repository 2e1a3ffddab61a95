import { TaskRouterError } from '../../shared/taskrouter/errors.ts';
import type { Log } from './options.ts';

/**
 * Logs an error that nobody expected: its name and where it happened, without its message, which can
 * quote what was being worked on (as that of JSON.parse does). Failures of TaskRouter are expected.
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
  logger.error('crashed', { ...fields, ...crash });
}

function stackFrames(error: Error): readonly string[] {
  return (error.stack ?? '')
    .split('\n')
    .flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));
}
