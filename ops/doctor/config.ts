import type { StackConfig } from '../../infra/config/stack-config.ts';
import {
  parsePulumiConfig,
  project,
  readPulumiConfig,
  shortStackName,
} from '../deployment/pulumi-config.ts';
import type { AwsOptions, PulumiContext } from '../deployment/stack.ts';
import { requireDns } from '../failure.ts';
import { regionOf } from './aws-account.ts';
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
import { checkFirstUp } from './first-up.ts';
import { requireTickets, ticketPageChecks } from './pages/ticket-page.ts';
import { checkTaskRouter } from './task-router/task-router.ts';
import { checkAuthTokens } from './twilio-events.ts';

const timeoutMs = 30_000;

/**
 * Checks the configuration of a stack, before or after its deployment.
 * @param tickets ids of existing tickets, by source
 * @param aws if they are not those of the configuration or of this machine
 * @throws Failure if the configuration cannot be read, or a ticket belongs to an unknown source or does not
 * have the shape of its ids; if this machine has no DNS
 */
export async function checkConfig(
  stack: string,
  tickets: Readonly<Record<string, string>>,
  aws: AwsOptions,
  context: PulumiContext,
): Promise<DoctorReport> {
  const values = await readPulumiConfig(stack, context);
  const region = regionOf(values, aws, context.environment);
  const parsed = parsePulumiConfig(values, stack, region?.name);
  const known =
    parsed.config === undefined ? {} : requireTickets(tickets, linkConfigs(parsed.config.sources));
  if (parsed.config !== undefined) {
    const { twilio, sources } = parsed.config;
    const pages = Object.values(linkConfigs(sources)).map(({ ticketUrl }) => ticketUrl);
    await requireDns([twilio.taskRouterUrl, ...pages]);
  }
  const { config } = parsed;
  const observations = configObservations(parsed);
  const shortName = shortStackName(stack);
  const profile = aws.profile ?? values['aws:profile']?.value;
  const checks = [
    { name: 'Configuration', timeoutMs, next: '', run: async () => observations },
    checkFirstUp({ config, stack, shortName, region, profile }, context),
    ...(config === undefined ? [] : checksFor(config, stack, known)),
  ];
  return doctorReport(`the configuration of stack ${stack}`, await runChecks(checks));
}

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

/** Problems name the setting, never its value. */
function configObservations(parsed: ReturnType<typeof parsePulumiConfig>): readonly Observation[] {
  if (parsed.config === undefined) {
    return parsed.problems.map(({ path, message, command }) => ({
      about: path,
      ...failed(message, command),
    }));
  }
  const names = Object.keys(parsed.config.sources).join(', ');
  return [{ about: project, ...ok(`valid, with ${names}`) }];
}
