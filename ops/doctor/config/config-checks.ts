import type { StackConfig } from '../../../infra/config/stack-config.ts';
import { authTokens } from '../auth-tokens.ts';
import { clock } from '../clock.ts';
import { ok } from '../finding.ts';
import { ticketPageChecks } from '../pages/ticket-page-checks.ts';
import type { Check } from '../run-checks.ts';
import { taskRouter } from '../task-router/task-router.ts';
import type { ReadConfig } from './read-config.ts';

const timeoutMs = 30_000;

const checksOf = (
  { twilio, sources }: StackConfig,
  stack: string,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] => {
  const { accountSid, workspaceSid, taskRouterUrl } = twilio;
  const where = {
    workspaceSid,
    taskRouterUrl,
    applyIt: `run doctor --stack ${stack} --config again`,
  };
  const next = `See whether this machine reaches ${taskRouterUrl}.`;
  const pages = Object.entries(sources).map(([name, { config }]) => [name, config]);
  return [
    {
      name: 'Twilio',
      timeoutMs,
      next,
      look: () =>
        taskRouter(
          {
            credentials: twilio,
            told: [{ about: 'API key', ...ok("the configuration's") }],
          },
          where,
        ),
    },
    {
      name: "Twilio's events",
      timeoutMs,
      next,
      look: () => authTokens(twilio.authToken, { ...where, accountSid }),
    },
    {
      name: 'Clock',
      timeoutMs,
      next: 'Compare the clock with another one.',
      look: () => clock({ Twilio: taskRouterUrl }),
    },
    ...ticketPageChecks(Object.fromEntries(pages), tickets),
  ];
};

/** All that is looked at of a configuration: what it says, and with what it says, if it can be read. */
export const configChecks = (
  { config, told }: ReadConfig,
  stack: string,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] => [
  { name: 'Configuration', timeoutMs, next: '', look: async () => told },
  ...(config === undefined ? [] : checksOf(config, stack, tickets)),
];
