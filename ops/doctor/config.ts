import * as z from 'zod';
import { StackConfigError } from '../../infra/config/problems.ts';
import { parseStackConfig, type StackConfig } from '../../infra/config/stack-config.ts';
import { jsonText } from '../../shared/json.ts';
import type { Context } from '../context.ts';
import { runPulumi } from '../deployment/stack.ts';
import { Failure } from '../failure.ts';
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
import { requireKnownSources, ticketPageChecks } from './pages/ticket-page.ts';
import { checkTaskRouter } from './task-router/task-router.ts';
import { checkAuthTokens } from './twilio-events.ts';

const timeoutMs = 30_000;

/**
 * Looks at the configuration of a stack that need not be deployed.
 * @param tickets an id for those sources whose tickets the operator names
 * @throws Failure where it cannot be read, or a ticket is of no source of it
 */
export async function checkConfig(
  stack: string,
  tickets: Readonly<Record<string, string>>,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<DoctorReport> {
  const parsed = parseConfig(await readPulumiConfig(stack, context), stack);
  if (parsed.config !== undefined) requireKnownSources(tickets, parsed.config.sources);
  return doctorReport(
    `the configuration of stack ${stack}`,
    await runChecks(configChecks(parsed, stack, tickets)),
  );
}

/** As Pulumi.yaml has it. */
const project = 'crm-media-sync';

interface ParsedConfig {
  /** Where it is a whole one. */
  readonly config?: StackConfig;
  readonly observations: readonly Observation[];
}

/** What `pulumi config --json` tells of each key; an object or a list stands in `value` as JSON. */
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
  const next = `See whether this machine reaches ${taskRouterUrl}.`;
  const pages = Object.entries(sources).map(([name, { config }]) => [name, config]);
  return [
    {
      name: 'Twilio',
      timeoutMs,
      next,
      run: () =>
        checkTaskRouter(
          {
            credentials: twilio,
            observations: [{ about: 'API key', ...ok("the configuration's") }],
          },
          target,
        ),
    },
    {
      name: "Twilio's events",
      timeoutMs,
      next,
      run: () => checkAuthTokens(twilio.authToken, { ...target, accountSid }),
    },
    {
      name: 'Clock',
      timeoutMs,
      next: 'Compare the clock with another one.',
      run: () => checkClock({ Twilio: taskRouterUrl }),
    },
    ...ticketPageChecks(Object.fromEntries(pages), tickets),
  ];
}

/** All that is looked at of a configuration: what it says, and with what it says, if it can be read. */
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

/** A stack's own name, without the organisation and the project that Pulumi Cloud puts before it. */
function shortStackName(stack: string): string {
  return stack.slice(stack.lastIndexOf('/') + 1);
}

/** Reads a stack's configuration as its program does, and tells what is wrong with it, quoting nothing. */
function parseConfig(values: PulumiConfig, stack: string): ParsedConfig {
  const entries = Object.entries(values);
  const texts = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  const secretKeys = new Set(entries.filter(([, { secret }]) => secret).map(([key]) => key));
  try {
    const config = parseStackConfig(project, texts, secretKeys, shortStackName(stack));
    const names = Object.keys(config.sources).join(', ');
    return { config, observations: [{ about: project, ...ok(`can be deployed, with ${names}`) }] };
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
 * @throws Failure that says what Pulumi said
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
      next: 'pulumi stack ls lists the stacks; to decrypt secrets it needs what pulumi up needs.',
    },
    context,
  );
  const values = PulumiConfigJson.safeParse(stdout);
  if (values.success) return values.data;
  throw new Failure(
    `What pulumi config --json tells of stack ${stack} is not as expected.`,
    'Update pulumi; if that does not help, please report it.',
  );
}
