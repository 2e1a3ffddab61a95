import { type ExecFileException, execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import pc from 'picocolors';
import { onTestFinished } from 'vitest';
import { startTaskRouterEmulator } from '../../local/taskrouter/emulator.ts';
import type { Context } from '../../ops/context.ts';
import { runCommandLine } from '../../ops/run.ts';

export const account = {
  accountSid: `AC${'a'.repeat(32)}`,
  apiKey: `SK${'b'.repeat(32)}`,
  apiSecret: 'the secret of the key',
  workspaceSid: `WS${'c'.repeat(32)}`,
};
/** Nothing listens there; Twilio is only told of it. */
export const taskEventsUrl = 'https://door.example.com/twilio/task-events';

/** The operator's environment, beside that of the tests. */
export const operatorEnvironment = {
  TWILIO_ACCOUNT_SID: account.accountSid,
  TWILIO_API_KEY: account.apiKey,
  TWILIO_API_SECRET: account.apiSecret,
};

/** A folder until the test ends. */
export const temporaryFolder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'ops-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
};

/** How a command line ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a stack and the embedded world tell of them. */
export const sources = {
  zendesk: {
    kind: 'zendesk',
    taskAttribute: 'zd_ticket_id',
    ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
  },
};

/** Runs a command line in this process, in a project of this folder. */
export const commandRunner =
  (
    root: string,
    environment: Readonly<Record<string, string | undefined>> = {},
    terminal: Partial<Pick<Context, 'progress' | 'stopSignal' | 'ask'>> = {},
  ) =>
  async (...args: readonly string[]): Promise<CommandResult> => {
    let stdout = '';
    let stderr = '';
    const code = await runCommandLine(args, {
      environment,
      root,
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      colors: pc.createColors(false),
      progress: () => ({ update: () => {}, end: () => {} }),
      stopSignal: () => new AbortController().signal,
      ask: async () => undefined,
      ...terminal,
    });
    return { code, stdout, stderr };
  };

/** What a stack and the embedded world tell of themselves alike. */
export const deploymentFacts = {
  taskEventsUrl,
  workspaceSid: account.workspaceSid,
  sources,
  queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes',
  deadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes-dead-letters',
  eventDeadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/events-dead-letters',
  syncLogGroup: 'sync-logs',
  secrets: { twilio: 'twilio', authToken: 'auth-token', sources: { zendesk: 'source-zendesk' } },
};

/** What a stack tells besides. */
export const stackOutputs = {
  ...deploymentFacts,
  taskRouterUrl: 'https://taskrouter.twilio.com',
  region: 'eu-west-1',
};

const unreachableUrl = 'http://127.0.0.1:9';

/** Describes a running world, as `npm start` does. */
export const writeStateFile = (root: string, change: object): Promise<void> =>
  writeFile(
    join(root, '.world.json'),
    JSON.stringify({
      ...account,
      ...deploymentFacts,
      region: 'us-east-1',
      sqs: unreachableUrl,
      logs: unreachableUrl,
      secretsManager: unreachableUrl,
      ...change,
    }),
  );

/** A twin, and command lines about it as about the embedded world. */
export const startEmulatorHarness = async (change: object = {}) => {
  const emulator = await startTaskRouterEmulator(account);
  onTestFinished(() => emulator.close());
  const root = await temporaryFolder();
  await writeStateFile(root, { taskrouter: emulator.url, ...change });
  const authorization = `Basic ${btoa(`${account.apiKey}:${account.apiSecret}`)}`;
  /** Asks Twilio's API, by GET or, with a form, by POST. */
  const twilio = async (path: string, form?: Record<string, string>): Promise<unknown> => {
    const answer = await fetch(`${emulator.url}/v1/${path}`, {
      headers: { authorization },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  return { root, emulator, twilio, ops: commandRunner(root) };
};

/** A folder with a `pulumi` that runs these lines of shell. */
export const fakePulumi = async (lines: string): Promise<string> => {
  const path = await temporaryFolder();
  await writeFile(join(path, 'pulumi'), `#!/bin/sh\n${lines}\n`);
  await chmod(join(path, 'pulumi'), 0o755);
  return path;
};

/** A `pulumi` whose stack `prod` has these outputs. */
export const pulumiWith = (outputs: object): Promise<string> =>
  fakePulumi(`case "$*" in
*"--stack prod"*) cat <<'OUTPUTS'
${JSON.stringify(outputs)}
OUTPUTS
;;
*) echo "error: no stack named 'other' found" >&2; exit 255 ;;
esac`);

/** Starts a command line as a process of its own. */
export const startOps = (
  args: readonly string[],
  { path, ...environment }: { path?: string } & Readonly<Record<string, string>> = {},
) => {
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
};

/** Runs a command line as a process of its own. */
export const spawnOps = (...args: Parameters<typeof startOps>): Promise<CommandResult> =>
  startOps(...args).ended;
