import * as z from 'zod';
import { StackConfigError } from '../../infra/config/problems.ts';
import { parseStackConfig, type StackConfig } from '../../infra/config/stack-config.ts';
import { jsonText } from '../../shared/json.ts';
import type { Context } from '../context.ts';
import { runPulumi } from '../deployment/stack.ts';
import { Failure, requireDns } from '../failure.ts';
import {
  type Check,
  type DoctorReport,
  doctorReport,
  failed,
  type Observation,
  ok,
  runChecks,
} from './check.ts';
import { checkClock } from './clock.ts';
import { requireTickets, ticketPageChecks } from './pages/ticket-page.ts';
import { checkTaskRouter } from './task-router/task-router.ts';
import { checkAuthTokens } from './twilio-events.ts';

const timeoutMs = 30_000;

/**
 * Checks the configuration of a stack, before or after its deployment.
 * @param tickets ids of existing tickets, by source
 * @throws Failure if the configuration cannot be read, or a ticket belongs to an unknown source or does not
 * have the shape of its ids; if this machine has no DNS
 */
export async function checkConfig(
  stack: string,
  tickets: Readonly<Record<string, string>>,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<DoctorReport> {
  const parsed = parseConfig(await readPulumiConfig(stack, context), stack);
  const known =
    parsed.config === undefined ? {} : requireTickets(tickets, linkConfigs(parsed.config.sources));
  if (parsed.config !== undefined) {
    const { twilio, sources } = parsed.config;
    const pages = Object.values(linkConfigs(sources)).map(({ ticketUrl }) => ticketUrl);
    await requireDns([twilio.taskRouterUrl, ...pages]);
  }
  return doctorReport(
    `the configuration of stack ${stack}`,
    await runChecks(configChecks(parsed, stack, known)),
  );
}

/** The name in Pulumi.yaml. */
const project = 'crm-media-sync';

interface ParsedConfig {
  /** Undefined if the configuration is invalid. */
  config?: StackConfig;
  observations: readonly Observation[];
}

/** The output of `pulumi config --json`; the `value` of an object or a list is JSON. */
const PulumiConfigJson = jsonText(
  z.record(z.string(), z.object({ value: z.string(), secret: z.boolean().default(false) })),
);

type PulumiConfig = z.output<typeof PulumiConfigJson>;

function checksFor(
  { twilio, sources }: StackConfig,
  stack: string,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] {
  const { accountSid, workspaceSid, taskRouterUrl } = twilio;
  const target = {
    workspaceSid,
    taskRouterUrl,
    applyHint: `run doctor --stack ${stack} --config again`,
  };
  const next = `Check whether this machine can reach ${taskRouterUrl}.`;
  return [
    {
      name: 'Twilio',
      timeoutMs,
      next,
      run: () =>
        checkTaskRouter(
          {
            credentials: twilio,
            observations: [{ about: 'API key', ...ok('from the configuration') }],
          },
          target,
        ),
    },
    {
      name: 'Twilio events',
      timeoutMs,
      next,
      run: () => checkAuthTokens(twilio.authToken, { ...target, accountSid }),
    },
    {
      name: 'Clock',
      timeoutMs,
      next: 'Compare the clock with another clock.',
      run: () => checkClock({ Twilio: taskRouterUrl }),
    },
    ...ticketPageChecks(linkConfigs(sources), tickets),
  ];
}

function linkConfigs(sources: StackConfig['sources']) {
  return Object.fromEntries(Object.entries(sources).map(([name, { config }]) => [name, config]));
}

/** The problems of the configuration; if it is valid, also the checks that use its values. */
function configChecks(
  { config, observations }: ParsedConfig,
  stack: string,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] {
  return [
    { name: 'Configuration', timeoutMs, next: '', run: async () => observations },
    ...(config === undefined ? [] : checksFor(config, stack, tickets)),
  ];
}

/** The name of a stack without organisation and project, which Pulumi Cloud puts before it. */
function shortStackName(stack: string): string {
  return stack.slice(stack.lastIndexOf('/') + 1);
}

/** Parses the configuration as the Pulumi program does. Problems name the setting, never its value. */
function parseConfig(values: PulumiConfig, stack: string): ParsedConfig {
  const entries = Object.entries(values);
  const texts = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  const secretKeys = new Set(entries.filter(([, { secret }]) => secret).map(([key]) => key));
  try {
    const config = parseStackConfig(project, texts, secretKeys, shortStackName(stack));
    const names = Object.keys(config.sources).join(', ');
    return { config, observations: [{ about: project, ...ok(`valid, with ${names}`) }] };
  } catch (error) {
    if (!(error instanceof StackConfigError)) throw error;
    return {
      observations: error.problems.map(({ path, message, command }) => ({
        about: path,
        ...failed(message, command),
      })),
    };
  }
}

/**
 * The configuration of a Pulumi stack by full key, e.g. `crm-media-sync:sources`, with secrets in plain
 * text: they stay in this process.
 * @throws Failure with the error text of Pulumi
 */
async function readPulumiConfig(
  stack: string,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<PulumiConfig> {
  const stdout = await runPulumi(
    {
      command: ['config', '--json', '--show-secrets'],
      stack,
      subject: 'the configuration',
      next: 'Run `pulumi stack ls` to list the stacks. `pulumi config` needs the same secrets provider as `pulumi up`.',
    },
    context,
  );
  const values = PulumiConfigJson.safeParse(stdout);
  if (values.success) return values.data;
  throw new Failure(
    `Unexpected output of pulumi config --json for stack ${stack}.`,
    'Update Pulumi. If that does not help, please report it.',
  );
}
