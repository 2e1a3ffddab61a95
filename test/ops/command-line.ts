import { type ExecFileException, execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import pc from 'picocolors';
import { expect, onTestFinished, vi } from 'vitest';
import { startTaskRouterEmulator } from '../../local/taskrouter/emulator.ts';
import type { Context } from '../../ops/context.ts';
import { runCommandLine } from '../../ops/run.ts';

export const account = {
  accountSid: `AC${'a'.repeat(32)}`,
  apiKey: `SK${'b'.repeat(32)}`,
  apiSecret: 'the secret of the key',
  workspaceSid: `WS${'c'.repeat(32)}`,
};
/** Nothing listens there: Twilio only gets the URL. */
export const taskEventsUrl = 'https://hooks.example.com/twilio/task-events';

/** The operator's Twilio API key. */
export const operatorEnvironment = {
  TWILIO_ACCOUNT_SID: account.accountSid,
  TWILIO_API_KEY: account.apiKey,
  TWILIO_API_SECRET: account.apiSecret,
};

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ops-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** The result of a command line. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that failed, with these texts on stderr, in this order. */
export const failure = (...texts: readonly (string | RegExp)[]) => {
  const sources = texts.map((text) =>
    typeof text === 'string' ? RegExp.escape(text) : text.source,
  );
  return {
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(sources.join('[^]*'), 'm')),
  };
};

/** The sources in the outputs of a stack and in the state file. */
export const sources = {
  zendesk: {
    kind: 'zendesk',
    taskAttribute: 'zd_ticket_id',
    ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
  },
};

/**
 * Creates a function that runs a command line in this process.
 * @param root the folder of the project
 */
export function commandRunner(
  root: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  terminal: Partial<Pick<Context, 'progress' | 'screen' | 'stopSignal' | 'ask'>> = {},
) {
  return async (...args: readonly string[]): Promise<CommandResult> => {
    let stdout = '';
    let stderr = '';
    const code = await runCommandLine(args, {
      environment,
      root,
      out: (text) => {
        stdout += text;
      },
      screen: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      colors: pc.createColors(false),
      progress: () => ({ update: () => {}, end: () => {} }),
      stopSignal: () => new AbortController().signal,
      canAsk: terminal.ask !== undefined,
      ask: async () => undefined,
      ...terminal,
    });
    return { code, stdout, stderr };
  };
}

/**
 * Creates a function that runs a command line about a Pulumi stack in this process.
 * @param pulumi a folder with a `pulumi`, see `pulumiWith`
 * @param environment also set in this process until the test ends: the AWS SDK reads it there
 */
export async function stackRunner(
  pulumi: string,
  environment: Readonly<Record<string, string>> = {},
) {
  const all = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', ...environment };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const PATH = [pulumi, '/usr/bin', '/bin'].join(delimiter);
  return commandRunner(await temporaryFolder(), { ...all, PATH });
}

/** What the outputs of a stack and the state file have in common. */
export const deploymentFacts = {
  taskEventsUrl,
  workspaceSid: account.workspaceSid,
  sources,
  queueUrls: {
    changes: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes',
    lookups: 'https://sqs.eu-west-1.amazonaws.com/123456789012/lookups',
  },
  deadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters',
  eventDeadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/events-dead-letters',
  syncLogGroup: 'sync-logs',
  crmChangeLogGroup: 'crm-change-logs',
  taskEventLogGroup: 'task-event-logs',
  functions: { crmChange: 'crm-change', sync: 'sync' },
  secrets: { twilio: 'twilio', authToken: 'auth-token', sources: { zendesk: 'source-zendesk' } },
};

/** The outputs of a stack. */
export const stackOutputs = {
  ...deploymentFacts,
  taskRouterUrl: 'https://taskrouter.twilio.com',
  region: 'eu-west-1',
};

const unreachableUrl = 'http://127.0.0.1:9';

/** Writes the state file of a local stack, as `npm start` does. */
export function writeStateFile(root: string, change: object): Promise<void> {
  return writeFile(
    join(root, '.local-stack.json'),
    JSON.stringify({
      pid: process.pid,
      webhooks: unreachableUrl,
      ...account,
      ...deploymentFacts,
      region: 'us-east-1',
      sqs: unreachableUrl,
      logs: unreachableUrl,
      secretsManager: unreachableUrl,
      lambda: unreachableUrl,
      ...change,
    }),
  );
}

/** Starts a TaskRouter emulator, and runs command lines about it as about the local stack. */
export async function startEmulatorHarness(change: object = {}) {
  const emulator = await startTaskRouterEmulator(account);
  onTestFinished(() => emulator.close());
  const root = await temporaryFolder();
  await writeStateFile(root, { taskrouter: emulator.url, ...change });
  return { root, emulator, twilio: twilioClient(emulator.url), ops: commandRunner(root) };
}

/** Creates a function that calls Twilio's API: by default with GET, or with POST if there is a form. */
export function twilioClient(url: string) {
  const authorization = `Basic ${btoa(`${account.apiKey}:${account.apiSecret}`)}`;
  return async (
    path: string,
    form?: Record<string, string>,
    method = form ? 'POST' : 'GET',
  ): Promise<unknown> => {
    const body = form && new URLSearchParams(form);
    const init = { method, headers: { authorization }, ...(body && { body }) };
    const answer = await fetch(`${url}/v1/${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

/** A folder with a `pulumi` that runs these lines of shell. */
export async function fakePulumi(lines: string): Promise<string> {
  const path = await temporaryFolder();
  await writeFile(join(path, 'pulumi'), `#!/bin/sh\n${lines}\n`);
  await chmod(join(path, 'pulumi'), 0o755);
  return path;
}

/** A folder with a `pulumi` whose stack `prod` has these outputs. */
export function pulumiWith(outputs: object): Promise<string> {
  return fakePulumi(`case "$*" in
*"--stack prod"*) cat <<'OUTPUTS'
${JSON.stringify(outputs)}
OUTPUTS
;;
*) echo "error: no stack named 'other' found" >&2; exit 255 ;;
esac`);
}

/**
 * Starts a command line in a process of its own. Most tests need none: see `commandRunner`.
 * @param path a folder with a `pulumi`
 */
export function startOps(
  args: readonly string[],
  { path, ...environment }: { path?: string } & Readonly<Record<string, string>> = {},
) {
  const PATH = [path, dirname(process.execPath), '/usr/bin', '/bin'].filter(Boolean);
  const { promise: ended, resolve } = Promise.withResolvers<CommandResult>();
  const child = execFile(
    process.execPath,
    [join(import.meta.dirname, '../../ops/ops.ts'), ...args],
    { env: { PATH: PATH.join(delimiter), ...environment } },
    (error: ExecFileException | null, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
  );
  return { child, ended };
}
