import * as z from 'zod';
import { type SettingPath, shellQuote } from '../../infra/config/setting.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import type { Context } from '../context.ts';
import {
  type NewSetting,
  type PulumiConfig,
  parsePulumiConfig,
  readPulumiConfig,
  setPulumiConfig,
  settingCommand,
  settingName,
} from '../deployment/pulumi-config.ts';
import { PulumiFailure, runPulumi } from '../deployment/stack.ts';
import type { Observation } from '../doctor/check.ts';
import { listTasks } from '../doctor/task-router/probe.ts';
import { checkTaskRouter } from '../doctor/task-router/task-router.ts';
import { checkAuthTokens } from '../doctor/twilio-events.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import {
  alarmQuestion,
  kindQuestion,
  lacksConversation,
  problemAt,
  type Question,
  regionQuestion,
  type Settings,
  settingsOf,
  sourceQuestions,
  twilioQuestions,
  valueAt,
  withValue,
} from './questions.ts';

/**
 * Asks for the settings that a stack needs, checks each answer, and sets it at once. Creates the stack if it does
 * not exist. After an empty answer, the current value stays.
 * @throws Failure if there is no terminal, or Pulumi fails
 */
export async function runInit(stack: string, context: Context): Promise<ExitCode> {
  if (!context.canAsk) throw noTerminal(stack);
  const session: Session = { stack, context, settings: {}, commands: [] };
  try {
    session.settings = settingsOf(await readOrCreate(session));
    context.err('Press Enter to keep the value in [ ]. Ctrl-C stops, and keeps what is set.\n');
    const suggestion = context.environment['AWS_REGION'] || undefined;
    await askSetting(session, { ...regionQuestion, suggestion });
    await askTwilio(session);
    await askSources(session);
    await askSetting(session, alarmQuestion);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    printCommands(session);
    context.err('\nStopped. Run it again to continue.\n');
    return exitCodes.stopped;
  }
  printCommands(session);
  return printEnd(session);
}

interface Session {
  stack: string;
  context: Context;
  settings: Settings;
  /** The commands that were run. */
  commands: string[];
}

/** Ctrl-C or Ctrl-D at a question. */
class Stopped extends Error {}

async function ask({ context }: Session, text: string, hidden = false): Promise<string> {
  const answer = await context.ask(text, { hidden });
  if (answer === undefined) throw new Stopped();
  return answer.trim();
}

async function confirm(session: Session, text: string): Promise<boolean> {
  return !/^n/i.test(await ask(session, `${text} [Y/n]: `));
}

/** Asks until the value is valid, or may be empty. */
async function askSetting(session: Session, question: Question): Promise<void> {
  const { path, text, secret, optional, suggestion, generate } = question;
  const current = valueAt(session.settings, path);
  const hint = current === undefined ? emptyHint(question) : secret ? 'set' : String(current);
  for (;;) {
    const answer = await ask(session, `${text}${hint === '' ? '' : ` [${hint}]`}: `, secret);
    const isKept = current !== undefined && ['', String(current)].includes(answer);
    const value = answer || (isKept ? String(current) : (suggestion ?? generate?.() ?? ''));
    if (value === '' && optional) return;
    const changed = isKept ? session.settings : withValue(session.settings, path, value);
    const problem = value === '' ? 'is needed' : problemAt(changed, path, session.stack);
    if (problem !== undefined) session.context.err(`  ${settingName(path)} ${problem}\n`);
    else if (isKept) return;
    else {
      await set(session, { path, value, secret });
      if (answer === '' && generate !== undefined) {
        session.context.err(
          `  A random one was set. To read it: ${getCommand(session.stack, path)}\n`,
        );
      }
      return;
    }
  }
}

/** The effect of an empty answer if there is no value. */
function emptyHint({ suggestion, optional, generate }: Question): string {
  if (generate !== undefined) return 'a random one';
  return suggestion ?? (optional ? 'none' : '');
}

async function set(session: Session, setting: NewSetting): Promise<void> {
  await setPulumiConfig(session.stack, setting, session.context);
  session.settings = withValue(session.settings, setting.path, setting.value);
  session.commands.push(settingCommand(session.stack, setting));
}

async function askTwilio(session: Session): Promise<void> {
  for (;;) {
    for (const question of twilioQuestions(session.settings['twilio'])) {
      await askSetting(session, question);
    }
    if (!(await confirm(session, 'Check them at Twilio? Nothing is changed there'))) return;
    const problems = await checkTwilio(session.settings);
    if (problems.length === 0) session.context.err('  Twilio accepts them.\n');
    for (const { about, finding } of problems) session.context.err(`  ${about}: ${finding}\n`);
    if (!problems.some(({ state }) => state === 'failed')) return;
    if (!(await confirm(session, 'Answer these questions again?'))) return;
  }
}

const conversationHint = '  Without a Task attribute or a ticket field, no ticket is linked.\n';

async function askSources(session: Session): Promise<void> {
  let suggestion = Object.keys(Object(session.settings['sources']))[0] ?? 'zendesk';
  for (;;) {
    const name = await askSourceName(session, suggestion);
    if (name === '') return;
    await askSetting(session, kindQuestion(name));
    const source = valueAt(session.settings, ['sources', name]);
    for (const question of sourceQuestions(name, source)) await askSetting(session, question);
    if (lacksConversation(session.settings, name)) session.context.err(conversationHint);
    suggestion = '';
  }
}

/** @returns '' if there is no further source */
async function askSourceName(session: Session, suggestion: string): Promise<string> {
  const names = Object.keys(Object(session.settings['sources'])).join(', ');
  const text =
    suggestion === ''
      ? `Another CRM to set up (set: ${names}) [none]: `
      : `Name of the CRM, the last part of its webhook URL [${suggestion}]: `;
  for (;;) {
    const name = (await ask(session, text)) || suggestion;
    const parsed = SourceName.safeParse(name);
    if (name === '' || parsed.success) return name;
    session.context.err(`  The name ${parsed.error.issues[0]?.message}\n`);
  }
}

/** @throws Failure if Pulumi fails, or the person does not want a new stack */
async function readOrCreate(session: Session): Promise<PulumiConfig> {
  const { stack, context } = session;
  try {
    return await readPulumiConfig(stack, context);
  } catch (error) {
    if (!(error instanceof PulumiFailure) || !/no stack named/.test(error.reason)) throw error;
    if (!(await confirm(session, `Stack ${stack} does not exist. Create it?`))) throw error;
  }
  const provider = await ask(
    session,
    'Secrets provider, e.g. awskms://alias/…?region=… [that of the backend]: ',
  );
  const command = [
    ...['stack', 'init', '--no-select'],
    ...(provider === '' ? [] : ['--secrets-provider', provider]),
  ];
  const next = 'Run `pulumi whoami -v` to see the backend.';
  await runPulumi({ command, stack, purpose: `create stack ${stack}`, next }, context);
  session.commands.push(
    ['pulumi', ...command.map(shellQuote), '--stack', shellQuote(stack)].join(' '),
  );
  return {};
}

/** @returns the problems that Twilio reports about the credentials */
async function checkTwilio(settings: Settings): Promise<readonly Observation[]> {
  const twilio = Credentials.parse(settings['twilio']);
  const { accountSid, workspaceSid, taskRouterUrl, authToken } = twilio;
  const target = { workspaceSid, taskRouterUrl, applyHint: 'answer again' };
  const found = await Promise.all([
    checkTaskRouter({ credentials: twilio, observations: [] }, target, [listTasks]),
    checkAuthTokens([authToken].flat(), { ...target, accountSid }),
  ]);
  return found.flat().filter(({ state }) => state !== 'ok');
}

const Credentials = z.object({
  accountSid: z.string(),
  workspaceSid: z.string(),
  apiKey: z.string(),
  apiSecret: z.string(),
  authToken: z.union([z.string(), z.array(z.string())]),
  taskRouterUrl: z.string().default('https://taskrouter.twilio.com'),
});

function noTerminal(stack: string): Failure {
  const source = { kind: 'zendesk' };
  const questions = [
    regionQuestion,
    ...twilioQuestions(undefined),
    kindQuestion('zendesk'),
    ...sourceQuestions('zendesk', source),
    alarmQuestion,
  ];
  const commands = questions.map(({ path, secret }) =>
    settingCommand(stack, { path, value: '<value>', secret }).replace("'<value>'", '<value>'),
  );
  return new Failure(
    'init asks questions: it needs a terminal.',
    [
      'Run it in a terminal, or set each setting by hand (docs/configuration.md):',
      `pulumi stack init ${stack}`,
      ...commands,
    ].join('\n  '),
  );
}

function printCommands({ context, commands }: Session): void {
  if (commands.length === 0) return;
  context.out(`These commands were run, secrets through stdin:\n${listOf(commands)}`);
}

/** Prints the remaining problems. They are about settings without a question. */
async function printEnd({ stack, context }: Session): Promise<ExitCode> {
  const parsed = parsePulumiConfig(await readPulumiConfig(stack, context), stack);
  if (parsed.config === undefined) {
    const problems = parsed.problems.map(
      (each) => `${each.path}: ${each.message}\n    ${each.command}`,
    );
    context.err(`The configuration is not valid yet:\n${listOf(problems)}`);
    return exitCodes.failed;
  }
  const check = `npm run --silent ops -- doctor --config --stack ${stack}`;
  context.out(
    `The configuration is valid. Check it at AWS and Twilio, then deploy:\n${listOf([check, `npm run up -- --stack ${stack}`])}`,
  );
  return exitCodes.done;
}

function listOf(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join('');
}

function getCommand(stack: string, path: SettingPath): string {
  return `pulumi config get --stack ${stack} --path '${settingName(path)}'`;
}
