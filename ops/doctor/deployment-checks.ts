import type { Deployment } from '../deployment/deployment.ts';
import { alarmSubscribers } from './alarm-subscribers.ts';
import { alarms } from './alarms.ts';
import { storedSecrets } from './aws/stored-secrets.ts';
import { backlog } from './backlog.ts';
import { clock } from './clock.ts';
import { events } from './events.ts';
import { ok } from './finding.ts';
import { ticketPageChecks } from './pages/ticket-page-checks.ts';
import { queues } from './queues.ts';
import type { Check } from './run-checks.ts';
import { sourceSecrets } from './source-secrets.ts';
import { storedAuthTokens } from './stored-auth-tokens.ts';
import { syncCredentials } from './sync-credentials.ts';
import { taskRouter } from './task-router/task-router.ts';

const timeoutMs = 30_000;

/** Its CRMs are fictional: whoever has their hosts has nothing to do with it. */
const noPages: Check = {
  name: 'Ticket pages',
  timeoutMs,
  next: '',
  look: async () => [
    { about: 'pages', ...ok('not asked for: those of the embedded world do not exist') },
  ],
};

/**
 * All that is looked at of a deployment.
 * @param stack its name; undefined for the embedded world
 * @param tickets an id for those sources whose tickets the operator names
 */
export const deploymentChecks = (
  deployment: Deployment,
  stack: string | undefined,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] => {
  const { workspaceSid, taskRouterUrl, secrets, sources } = deployment;
  const deploymentOption = stack === undefined ? '--local' : `--stack ${stack}`;
  const applyIt = stack === undefined ? 'run npm start again' : `run pulumi up --stack ${stack}`;
  const makeIt = `${applyIt.charAt(0).toUpperCase()}${applyIt.slice(1)}.`;
  const readSecret = storedSecrets(deployment.aws.secretsManager, makeIt);
  // Never rejects for want of them; awaited by two checks, and asked for once.
  const credentials = syncCredentials(deployment, readSecret, makeIt);
  const where = { workspaceSid, taskRouterUrl, applyIt };

  return [
    {
      name: 'Twilio',
      timeoutMs,
      next: `See whether this machine reaches ${taskRouterUrl}.`,
      look: async () => taskRouter(await credentials, where),
    },
    {
      name: "Twilio's events",
      timeoutMs,
      next: `See what connect says: npm run ops -- connect ${deploymentOption}`,
      look: async () =>
        storedAuthTokens(secrets.authToken, readSecret, {
          ...where,
          accountSid: (await credentials).credentials?.accountSid,
        }),
    },
    {
      name: "Twilio's events",
      timeoutMs,
      next: `See what connect says: npm run ops -- connect ${deploymentOption}`,
      look: () => events(deployment, deploymentOption),
    },
    {
      name: 'Clock',
      timeoutMs,
      next: 'Compare the clock with another one.',
      look: () => clock({ Twilio: taskRouterUrl, AWS: new URL(deployment.queueUrl).origin }),
    },
    {
      name: 'Signing secrets of sources',
      timeoutMs,
      next: 'See whether this machine reaches Secrets Manager.',
      look: () => sourceSecrets(deployment, readSecret, applyIt),
    },
    ...(stack === undefined ? [noPages] : ticketPageChecks(sources, tickets)),
    {
      name: 'Queues',
      timeoutMs,
      next: 'See whether this machine reaches SQS.',
      look: () => queues(deployment, { deploymentOption, makeIt }),
    },
    {
      name: 'Queues',
      timeoutMs,
      next: 'See whether this machine reaches CloudWatch.',
      look: () => backlog(deployment),
    },
    {
      name: 'Alarms',
      timeoutMs,
      next: 'See the alarms in the AWS console.',
      look: () => alarms(deployment, makeIt),
    },
    {
      name: 'Alarms',
      timeoutMs,
      next: 'See whether this machine reaches SNS.',
      look: () => alarmSubscribers(deployment, { deploymentOption, makeIt }),
    },
  ];
};
