import { findRunningStack } from '../../ops/deployment/local-stack.ts';
import { type LocalStack, startLocalStack } from '../stack.ts';
import { startSummary } from './announcement.ts';
import { formatLogLine } from './log-line.ts';
import type { StartOptions } from './options.ts';
import { createStateFile, freePorts, readSavedSettings, saveSettings } from './saved-files.ts';

interface StartContext {
  /** The project's folder: it holds the state file and the saved settings. */
  root: string;
  /** Prints the line of JSON or the summary. */
  print: (text: string) => Promise<void>;
  /** Takes each line of the log. */
  log: (line: string) => void;
}

/**
 * Starts the local stack as `npm start` does, and prints where everything is. Ports, account and secrets
 * are those of the last start. If a stack runs already, a PORT starts another one beside it: on free ports
 * and without the state file and the saved settings, which belong to the first.
 * @throws Error when a stack runs already and no PORT is given, or a part does not start
 */
export async function runStart(
  options: StartOptions,
  { root, print, log }: StartContext,
): Promise<Pick<LocalStack, 'close'>> {
  const startedAt = performance.now();
  const running = await findRunningStack(root);
  if (running !== undefined && options.port === undefined) {
    throw new Error(
      `npm start is already running: process ${running.pid}, webhooks at ${running.webhooks}.\n` +
        'Stop it first, or start another one beside it: PORT=0 npm start (0: any free port).',
    );
  }
  const saved = await readSavedSettings(root);
  const isFirst = running === undefined;

  const stack = await startLocalStack({
    ports: {
      ...(isFirst && (await freePorts(saved?.ports ?? {}))),
      ...(options.port !== undefined && { webhooks: options.port }),
    },
    account: saved?.account,
    secrets: options.secrets,
    savedSecrets: saved?.secrets,
    log: (line) => {
      const text = formatLogLine(line, new Date());
      if (text !== undefined) log(text);
    },
  });
  const stateFile = createStateFile(root);
  if (isFirst) {
    stateFile.write(stack.description);
    saveSettings(root, stack.description, options, saved);
  }
  await print(
    options.json
      ? `${JSON.stringify(stack.description)}\n`
      : startSummary(stack.description, performance.now() - startedAt),
  );
  return {
    close: async () => {
      stateFile.remove();
      await stack.close();
    },
  };
}
