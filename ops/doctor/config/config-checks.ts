import type { StackConfig } from '../../../infra/config/stack-config.ts';
import { checkAuthTokens } from '../auth-tokens.ts';
import { checkClock } from '../clock.ts';
import { ok } from '../finding.ts';
import { ticketPageChecks } from '../pages/ticket-page-checks.ts';
import type { Check } from '../run-checks.ts';
import { checkTaskRouter } from '../task-router/task-router.ts';
import type { ParsedConfig } from './read-config.ts';

const timeoutMs = 30_000;

const checksFor = (
  { twilio, sources }: StackConfig,
  stack: string,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] => {
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
};

/** All that is looked at of a configuration: what it says, and with what it says, if it can be read. */
export const configChecks = (
  { config, observations }: ParsedConfig,
  stack: string,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] => [
  { name: 'Configuration', timeoutMs, next: '', run: async () => observations },
  ...(config === undefined ? [] : checksFor(config, stack, tickets)),
];
