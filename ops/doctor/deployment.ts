import type { Deployment } from '../deployment/deployment.ts';
import { checkAlarmSubscribers, checkAlarms } from './alarms.ts';
import { type Check, type DoctorReport, doctorReport, ok, runChecks } from './check.ts';
import { checkClock } from './clock.ts';
import { requireKnownSources, ticketPageChecks } from './pages/ticket-page.ts';
import { checkOldestMessage, checkQueues } from './queues.ts';
import { checkSourceSecrets, createSecretReader } from './secrets.ts';
import { checkTaskRouter, readSyncCredentials } from './task-router/task-router.ts';
import { checkEvents, checkStoredAuthTokens } from './twilio-events.ts';

const timeoutMs = 30_000;

/** Its CRMs are fictional: whoever has their hosts has nothing to do with it. */
const noTicketPages: Check = {
  name: 'Ticket pages',
  timeoutMs,
  next: '',
  run: async () => [
    { about: 'pages', ...ok('not asked for: those of the embedded world do not exist') },
  ],
};

/**
 * Looks at a deployment.
 * @param stack its name; undefined for the embedded world
 * @param tickets an id for those sources whose tickets the operator names
 * @throws Failure where one of them is of no source
 */
export async function checkDeployment(
  deployment: Deployment,
  stack: string | undefined,
  tickets: Readonly<Record<string, string>>,
): Promise<DoctorReport> {
  requireKnownSources(tickets, deployment.sources);
  return doctorReport(
    deployment.name,
    await runChecks(deploymentChecks(deployment, stack, tickets)),
  );
}

/**
 * All that is looked at of a deployment.
 * @param stack its name; undefined for the embedded world
 * @param tickets an id for those sources whose tickets the operator names
 */
function deploymentChecks(
  deployment: Deployment,
  stack: string | undefined,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] {
  const { workspaceSid, taskRouterUrl, secrets, sources } = deployment;
  const deploymentOption = stack === undefined ? '--local' : `--stack ${stack}`;
  const applyHint = stack === undefined ? 'run npm start again' : `run pulumi up --stack ${stack}`;
  const createHint = `${applyHint.charAt(0).toUpperCase()}${applyHint.slice(1)}.`;
  const readSecret = createSecretReader(deployment.aws.secretsManager, createHint);
  // Never rejects for want of them; awaited by two checks, and asked for once.
  const credentials = readSyncCredentials(deployment, readSecret, createHint);
  const target = { workspaceSid, taskRouterUrl, applyHint };

  return [
    {
      name: 'Twilio',
      timeoutMs,
      next: `See whether this machine reaches ${taskRouterUrl}.`,
      run: async () => checkTaskRouter(await credentials, target),
    },
    {
      name: "Twilio's events",
      timeoutMs,
      next: `See what connect says: npm run ops -- connect ${deploymentOption}`,
      run: async () =>
        checkStoredAuthTokens(secrets.authToken, readSecret, {
          ...target,
          accountSid: (await credentials).credentials?.accountSid,
        }),
    },
    {
      name: "Twilio's events",
      timeoutMs,
      next: `See what connect says: npm run ops -- connect ${deploymentOption}`,
      run: () => checkEvents(deployment, deploymentOption),
    },
    {
      name: 'Clock',
      timeoutMs,
      next: 'Compare the clock with another one.',
      run: () => checkClock({ Twilio: taskRouterUrl, AWS: new URL(deployment.queueUrl).origin }),
    },
    {
      name: 'Signing secrets of sources',
      timeoutMs,
      next: 'See whether this machine reaches Secrets Manager.',
      run: () => checkSourceSecrets(deployment, readSecret, applyHint),
    },
    ...(stack === undefined ? [noTicketPages] : ticketPageChecks(sources, tickets)),
    {
      name: 'Queues',
      timeoutMs,
      next: 'See whether this machine reaches SQS.',
      run: () => checkQueues(deployment, { deploymentOption, createHint }),
    },
    {
      name: 'Queues',
      timeoutMs,
      next: 'See whether this machine reaches CloudWatch.',
      run: () => checkOldestMessage(deployment),
    },
    {
      name: 'Alarms',
      timeoutMs,
      next: 'See the alarms in the AWS console.',
      run: () => checkAlarms(deployment, createHint),
    },
    {
      name: 'Alarms',
      timeoutMs,
      next: 'See whether this machine reaches SNS.',
      run: () => checkAlarmSubscribers(deployment, { deploymentOption, createHint }),
    },
  ];
}
