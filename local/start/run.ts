import { spawn } from 'node:child_process';
import pc from 'picocolors';
import { findRunningStack } from '../../ops/deployment/local-stack.ts';
import { createLocalConsole } from '../console/console.ts';
import type { DrillClock } from '../drill/clock.ts';
import { type LocalStack, startLocalStack } from '../stack.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import { formatLogLine } from './log-line.ts';
import type { StartOptions } from './options.ts';
import {
  createStateFile,
  freePorts,
  portOf,
  readSavedSettings,
  saveSettings,
} from './saved-files.ts';

interface StartContext {
  /** The project's folder: it holds the state file and the saved settings. */
  root: string;
  /** Prints the line of JSON or the summary. */
  print: (text: string) => Promise<void>;
  /** Takes each line of the log. */
  log: (line: string) => void;
  /** The clock of this process, if it can be put forward. */
  clock?: DrillClock;
}

/**
 * Starts the local stack as `npm start` does, and prints where everything is. Ports, account and secrets
 * are those of the last start. If a stack runs already, a PORT starts another one beside it: on free ports
 * and without the state file and the saved settings, which belong to the first.
 * @throws Error when a stack runs already and no PORT is given, or a part does not start
 */
export async function runStart(
  options: StartOptions,
  { root, print, log, clock }: StartContext,
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

  const ports = {
    ...(isFirst && (await freePorts(saved?.ports ?? {}))),
    ...(options.port !== undefined && { webhooks: options.port }),
  };
  const localConsole = createLocalConsole(clock);
  const stack = await startLocalStack({
    ...localConsole.stackOptions,
    ports,
    account: saved?.account,
    secrets: options.secrets,
    savedSecrets: saved?.secrets,
    log: (line) => {
      localConsole.readLine(line);
      const text = formatLogLine(line, new Date());
      if (text !== undefined) log(text);
    },
  });
  const consoleOptions = { root, host: options.consoleHost, ports };
  const shown = await localConsole.start(stack, consoleOptions).catch(async (error: unknown) => {
    await stack.close();
    throw error;
  });
  const description: LocalStackDescription = { ...stack.description, console: shown.url };
  const stateFile = createStateFile(root);
  if (isFirst) {
    stateFile.write(description);
    const consolePorts = { console: portOf(shown.url), crmPages: portOf(shown.crmPages) };
    saveSettings(root, description, options, consolePorts, saved);
  }
  await print(
    options.json
      ? `${JSON.stringify(description)}\n`
      : startSummary(shown.url, performance.now() - startedAt),
  );
  if (options.open) openInBrowser(shown.url, log);
  return {
    close: async () => {
      stateFile.remove();
      await shown.close();
      await stack.close();
    },
  };
}

/** What a person sees first: where the console is, and what to do there. */
function startSummary(url: string, startedInMs: number): string {
  const { bold, green, cyan, dim } = pc;
  return [
    `${green('Running')} (started in ${(startedInMs / 1000).toFixed(1)} s), everything on this machine.`,
    '',
    `  ${bold('Console')}  ${cyan(bold(url))}`,
    '',
    '  Open it, and click New call, Accept, Send: a ticket appears on the conversation.',
    `  ${dim('All URLs and secrets, for your own tools: npm start --silent -- --json')}`,
    `  ${dim('Ctrl-C stops it. The log:')}`,
    '\n',
  ].join('\n');
}

const openCommands: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens an address in the person's browser. @param log says so if that is not possible */
function openInBrowser(url: string, log: (line: string) => void): void {
  const [command, ...args] = openCommands[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.once('error', () => log(`No browser could be started (${command}): open ${url} yourself.`));
  child.unref();
}
