import { isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { installDrillClock } from './drill/clock.ts';
import { stopOnSignal } from './lifecycle.ts';
import type { LocalStack } from './stack.ts';
import type { StartOptions } from './start/run.ts';

/** `npm start`. Runs the local stack until a signal stops it. */
async function main(): Promise<void> {
  const options = parseStartOptions(process.argv.slice(2), process.env);

  if (options.kind === 'usage-error') {
    process.stderr.write(`${options.problem}\nRun npm start -- --help for usage.\n`);
    process.exit(2);
  }

  if (options.kind === 'help') {
    process.stdout.write(startHelp);
    process.exit(0);
  }

  const logStream = options.json ? process.stderr : process.stdout;

  let stack: Pick<LocalStack, 'close'> | undefined;

  stopOnSignal(async () => stack?.close());

  logStream.write('Starting the local stack …\n');

  // This must come before any module that reads the time, because the console puts the clock forward.
  const clock = installDrillClock();

  try {
    // Loading this module takes a second, so the first line is printed before.
    const { runStart } = await import('./start/run.ts');
    stack = await runStart(options, {
      root: join(import.meta.dirname, '..'),
      print,
      log: (line) => void logStream.write(`${line}\n`),
      clock,
    });
  } catch (error) {
    process.stderr.write(`Cannot start: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

/** The pause after each line that is written to a pipe, in milliseconds. */
const linePauseMs = 5;

/**
 * Prints line by line. Into a pipe it pauses after each line: `head` closes its pipe after some lines, and only a
 * later write fails and ends this process.
 */
async function print(text: string): Promise<void> {
  for (const line of text.split(/(?<=\n)/)) {
    process.stdout.write(line);
    if (!process.stdout.isTTY) await delay(linePauseMs);
  }
}

type StartCommand =
  | ({ kind: 'start' } & StartOptions)
  | { kind: 'help' }
  | { kind: 'usage-error'; problem: string };

const maxPort = 65_535;

const loopback = '127.0.0.1';

/** Parses the command line and the environment variable PORT. */
export function parseStartOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StartCommand {
  const options = {
    json: { type: 'boolean', default: false },
    open: { type: 'boolean', default: false },
    'console-host': { type: 'string', default: loopback },
    help: { type: 'boolean', short: 'h', default: false },
    secret: { type: 'string', multiple: true },
  } as const;
  const { tokens, values } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const unknown = tokens.find(
    (token) => token.kind !== 'option' || !Object.hasOwn(options, token.name),
  );
  if (unknown !== undefined) {
    return { kind: 'usage-error', problem: `${args[unknown.index]}: unknown option` };
  }
  const optionWithValue = tokens.find(
    (token) => token.kind === 'option' && !takesValue(token.name) && token.inlineValue,
  );
  if (optionWithValue !== undefined) {
    return {
      kind: 'usage-error',
      problem: `${args[optionWithValue.index]}: this option does not take a value`,
    };
  }
  const isSet = (name: string) =>
    tokens.some((token) => token.kind === 'option' && token.name === name);
  if (isSet('help')) return { kind: 'help' };
  const { PORT = '' } = environment;
  if (!isPort(PORT)) {
    return {
      kind: 'usage-error',
      problem: `PORT=${PORT}: must be an integer from 0 to ${maxPort}`,
    };
  }
  const port = PORT === '' ? undefined : Number(PORT);
  const secrets = parseSecrets([values.secret ?? []].flat().map(String));
  if (secrets === undefined) {
    return { kind: 'usage-error', problem: '--secret must be <source>=<secret>' };
  }
  const consoleHost = String(values['console-host']);
  if (isIP(consoleHost) === 0) {
    return { kind: 'usage-error', problem: '--console-host must be an IP address' };
  }
  return { kind: 'start', json: isSet('json'), open: isSet('open'), consoleHost, port, secrets };
}

const startHelp = `Usage: npm start [-- [--open] [--json] [--secret <source>=<secret>]...]

Runs the whole pipeline on this machine, with a console in the browser. It needs only Node: no account and
nothing else to install: the three Lambda functions as deployed, SQS, EventBridge and an emulator of Twilio's
TaskRouter. All servers listen on 127.0.0.1, and all data is in memory. It prints the address of the console,
then one line for each webhook. Ctrl-C stops it. Ports and secrets stay the same at the next start:
the file .local-stack-settings.json keeps them.

  --open    open the console in the browser
  --json    print one line of JSON on stdout when everything is ready, and everything else on stderr: all
            URLs and secrets; with npm start --silent -- --json stdout holds only that line
  --secret  use your own signing secret for a source. A real CRM can then send through a tunnel
            (except HubSpot, Intercom and Salesforce: their account, and HubSpot's URL, are fixed here).
            Repeat it for each source. Empty and published secrets are rejected
  --console-host
            the IP address that the console listens on, e.g. 0.0.0.0 in a container. Anybody who can reach it
            can use the console: it has no password
  --help    print this

  PORT      the port for webhooks, 0 for any free one, e.g. PORT=8080 npm start. If a stack runs already,
            this starts another one beside it, on free ports
`;

/** Whether the option needs a value. */
function takesValue(name: string): boolean {
  return name === 'secret' || name === 'console-host';
}

/** Whether a text is a port number or empty. Empty counts as not set. */
function isPort(text: string): boolean {
  return text === '' || (/^\d{1,5}$/.test(text) && Number(text) <= maxPort);
}

/** The source's name ends at the first `=`. A secret in base64 may contain more of them. */
function parseSecrets(texts: readonly string[]): Readonly<Record<string, string>> | undefined {
  const pairs = texts.map((text) => /^([a-z][a-z0-9-]*)=(.*)$/s.exec(text)?.slice(1));
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

if (import.meta.main) await main();
