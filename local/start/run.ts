import { spawn } from 'node:child_process';
import pc from 'picocolors';
import * as z from 'zod';
import { findRunningStack } from '../../ops/deployment/local-stack.ts';
import { createLocalConsole } from '../console/console.ts';
import type { DrillClock } from '../drill/clock.ts';
import { type LocalStack, startLocalStack } from '../stack.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import type { StackLogLine } from '../stack-options.ts';
import {
  createStateFile,
  freePorts,
  portOf,
  readSavedSettings,
  saveSettings,
} from './saved-files.ts';

export interface StartOptions {
  json: boolean;
  /** Whether to open the console in a browser. */
  open: boolean;
  /** The IP address that the console listens on. */
  consoleHost: string;
  /** The port for webhooks. 0: any free port. Undefined: PORT is not set. */
  port: number | undefined;
  /** Signing secrets, by the name of the source. */
  secrets: Readonly<Record<string, string>>;
}

interface StartContext {
  /** The project's folder. It contains the state file and the saved settings. */
  root: string;
  /** Prints the line of JSON or the summary. */
  print: (text: string) => Promise<void>;
  /** Gets each line of the log. */
  log: (line: string) => void;
  /** The clock of this process, if the console may put it forward. */
  clock?: DrillClock;
}

/**
 * Starts the local stack for `npm start`, and prints its addresses. Ports, account and secrets are those of the
 * last start. If a stack already runs, PORT starts another one beside it. That one uses free ports. It does not use
 * the state file and the saved settings, which belong to the first stack.
 * @throws Error if a stack already runs and PORT is not set, or if a part does not start
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
  const startedConsole = await localConsole
    .start(stack, consoleOptions)
    .catch(async (error: unknown) => {
      await stack.close();
      throw error;
    });
  const description: LocalStackDescription = { ...stack.description, console: startedConsole.url };
  const stateFile = createStateFile(root);
  if (isFirst) {
    stateFile.write(description);
    const consolePorts = {
      console: portOf(startedConsole.url),
      crmPages: portOf(startedConsole.crmPages),
    };
    saveSettings(root, description, options, consolePorts, saved);
  }
  await print(
    options.json
      ? `${JSON.stringify(description)}\n`
      : startSummary(startedConsole.url, performance.now() - startedAt),
  );
  if (options.open) openInBrowser(startedConsole.url, log);
  return {
    close: async () => {
      stateFile.remove();
      await startedConsole.close();
      await stack.close();
    },
  };
}

/** The text for a person at the start: where the console is, and what to do there. */
function startSummary(url: string, startedInMs: number): string {
  const { bold, green, cyan, dim } = pc;
  return [
    `${green('Running')} (started in ${(startedInMs / 1000).toFixed(1)} s), all on this machine. It uses no account.`,
    '',
    `  ${bold('Console')}  ${cyan(bold(url))}`,
    '',
    '  Open it. Click Start a call, Accept and Send the signed webhook. The ticket appears.',
    '',
    `  ${dim('Ctrl-C stops everything. Each webhook, event and message is a line below.')}`,
    `  ${dim('All URLs and secrets, for your own tools: npm start --silent -- --json')}`,
    '\n',
  ].join('\n');
}

const openCommands: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens an address in a browser.
 * @param log gets a line if no browser can be started
 */
function openInBrowser(url: string, log: (line: string) => void): void {
  const [command, ...args] = openCommands[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.once('error', () => log(`No browser could be started (${command}): open ${url} yourself.`));
  child.unref();
}

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]).default([]);

/** The fields of a log line that are printed. Metrics are also log lines. They have no message. */
const LogLine = z.object({
  level: z.string(),
  message: z.string(),
  outcome: z.string().optional(),
  source: z.string().optional(),
  status: z.number().optional(),
  ticket: texts,
  tickets: texts,
  taskSid: texts,
  tasks: texts,
  reconcile: z.string().optional(),
  recheckRound: z.number().optional(),
  reason: z.string().optional(),
  reasons: texts,
  fields: texts,
  detail: z.string().optional(),
  /** How many records of a batch are retried, by reason. */
  retries: z
    .record(z.string(), z.number())
    .transform((counts) => Object.entries(counts).map(([reason, count]) => `${count} ${reason}`))
    .default([]),
  circuit: z.string().optional(),
  openSeconds: z.number().optional(),
  disposition: z.string().optional(),
  tries: z.number().optional(),
  twilioCalls: z.number().optional(),
  lagMs: z.number().optional(),
  error: z
    .union([
      z.string(),
      z
        .object({ name: z.string(), message: z.string() })
        .transform((e) => `${e.name}: ${e.message}`),
    ])
    .optional(),
});

type LogLine = z.infer<typeof LogLine>;

/**
 * A log line of the stack as text for a person: the outcome of a webhook or a message, or a problem. Undefined for
 * metrics.
 */
export function formatLogLine({ from, text }: StackLogLine, at: Date): string | undefined {
  const json = tryParseJson(text);
  const logged = LogLine.safeParse(json);
  if (!logged.success && typeof json === 'object') return undefined;
  const words = logged.success ? lineParts(logged.data) : [text];
  const line = [
    at.toTimeString().slice(0, 8),
    from.padEnd(12),
    ...words.filter((word) => word !== undefined && word !== ''),
  ].join('  ');
  return line.replaceAll(/[\r\n]+/g, ' ');
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lineParts(logged: LogLine): (string | undefined)[] {
  const { outcome, tries = 1, twilioCalls, lagMs, disposition } = logged;
  return [
    outcome ?? `${logged.level} ${logged.message}`,
    logged.status?.toString(),
    logged.source,
    ...logged.ticket,
    ...logged.tickets,
    logged.reconcile === undefined ? undefined : `reconcile by ${logged.reconcile}`,
    logged.recheckRound === undefined ? undefined : `recheck ${logged.recheckRound}`,
    ...logged.taskSid,
    ...logged.tasks,
    logged.reason,
    logged.detail,
    ...logged.retries,
    logged.circuit,
    logged.openSeconds === undefined ? undefined : `for ${logged.openSeconds} s`,
    ...logged.reasons,
    ...logged.fields,
    logged.error,
    disposition === undefined || disposition === 'acknowledge' ? undefined : `-> ${disposition}`,
    tries > 1 ? `try ${tries}` : undefined,
    twilioCalls === undefined
      ? undefined
      : `${twilioCalls} ${twilioCalls === 1 ? 'call' : 'calls'}`,
    lagMs === undefined ? undefined : `${(lagMs / 1000).toFixed(1)} s after the change`,
  ];
}
