import type { Deployment } from '../deployment/deployment.ts';
import { requireDns } from '../failure.ts';
import { checkAlarmSubscribers, checkAlarms } from './alarms.ts';
import { type Check, type DoctorReport, doctorReport, ok, runChecks } from './check.ts';
import { checkClock } from './clock.ts';
import { checkOutcomes, checkRejectedRequests } from './function-logs.ts';
import { checkEventRules, checkFunctions } from './functions.ts';
import { requireTickets, ticketPageChecks } from './pages/ticket-page.ts';
import { checkEventSource, checkOldestMessage, checkQueues } from './queues.ts';
import { checkSourceSecrets, createSecretReader } from './secrets.ts';
import { checkTaskRouter, readSyncCredentials } from './task-router/task-router.ts';
import { checkEvents, checkSharedKey, checkStoredAuthTokens } from './twilio-events.ts';

const timeoutMs = 30_000;

/** The CRMs of the local stack do not exist. Their hosts belong to other people. */
const noTicketPages: Check = {
  name: 'Ticket pages',
  timeoutMs,
  next: '',
  run: async () => [
    { about: 'pages', ...ok('skipped: the ticket pages of the local stack do not exist') },
  ],
};

/**
 * Checks a deployment.
 * @param stack the name of the stack; undefined for the local stack
 * @param tickets ids of existing tickets, by source
 * @throws Failure if a ticket belongs to an unknown source, or does not have the shape of its ids; if this
 * machine has no DNS
 */
export async function checkDeployment(
  deployment: Deployment,
  stack: string | undefined,
  tickets: Readonly<Record<string, string>>,
): Promise<DoctorReport> {
  const known = requireTickets(tickets, deployment.sources);
  await requireDns([deployment.taskRouterUrl, deployment.queueUrls.changes]);
  return doctorReport(deployment.name, await runChecks(deploymentChecks(deployment, stack, known)));
}

function deploymentChecks(
  deployment: Deployment,
  stack: string | undefined,
  tickets: Readonly<Record<string, string>>,
): readonly Check[] {
  const { option, workspaceSid, taskRouterUrl, secrets, sources } = deployment;
  const applyHint =
    stack === undefined ? 'run npm start again' : `run npm run up -- --stack ${stack}`;
  // Without a refresh, Pulumi trusts its state and does not see that a resource is gone.
  const createHint =
    stack === undefined ? 'Run npm start again.' : `Run npm run up -- --stack ${stack} --refresh.`;
  const readSecret = createSecretReader(deployment.aws.secretsManager, createHint);
  // Two checks need the credentials, so they are read once. Without credentials this resolves to the reason.
  const credentials = readSyncCredentials(deployment, readSecret, createHint);
  const target = { workspaceSid, taskRouterUrl, applyHint };

  return [
    {
      name: 'Twilio',
      timeoutMs,
      next: `Check whether this machine can reach ${taskRouterUrl}.`,
      run: async () => checkTaskRouter(await credentials, target),
    },
    {
      name: 'Twilio events',
      timeoutMs,
      next: `Run connect to see the state: npm run ops -- connect ${option}`,
      run: async () =>
        checkStoredAuthTokens(secrets.authToken, readSecret, {
          ...target,
          accountSid: (await credentials).credentials?.accountSid,
        }),
    },
    {
      name: 'Twilio events',
      timeoutMs,
      next: `Run connect to see the state: npm run ops -- connect ${option}`,
      run: () => checkEvents(deployment, option),
    },
    {
      name: 'Twilio events',
      timeoutMs,
      next: 'Check whether this machine can reach Secrets Manager.',
      run: () => checkSharedKey(secrets.sharedKey, readSecret, applyHint),
    },
    {
      name: 'Clock',
      timeoutMs,
      next: 'Compare the clock with another clock.',
      run: () =>
        checkClock({ Twilio: taskRouterUrl, AWS: new URL(deployment.queueUrls.changes).origin }),
    },
    {
      name: 'Signing secrets of sources',
      timeoutMs,
      next: 'Check whether this machine can reach Secrets Manager.',
      run: () => checkSourceSecrets(deployment, readSecret, applyHint),
    },
    {
      name: 'Requests',
      timeoutMs,
      next: 'Check whether this machine can reach CloudWatch Logs.',
      run: () => checkRejectedRequests(deployment),
    },
    {
      name: 'Functions',
      timeoutMs,
      next: 'Check whether this machine can reach Lambda.',
      run: () => checkFunctions(deployment, createHint),
    },
    {
      name: 'EventBridge',
      timeoutMs,
      next: 'Check whether this machine can reach EventBridge.',
      run: () => checkEventRules(deployment, createHint),
    },
    {
      name: 'Tickets',
      timeoutMs,
      next: 'Check whether this machine can reach CloudWatch Logs.',
      run: () => checkOutcomes(deployment),
    },
    ...(stack === undefined ? [noTicketPages] : ticketPageChecks(sources, tickets)),
    {
      name: 'Queues',
      timeoutMs,
      next: 'Check whether this machine can reach SQS.',
      run: () => checkQueues(deployment, { deploymentOption: option, createHint }),
    },
    {
      name: 'Queues',
      timeoutMs,
      next: 'Check whether this machine can reach Lambda.',
      run: () => checkEventSource(deployment, option),
    },
    {
      name: 'Queues',
      timeoutMs,
      next: 'Check whether this machine can reach CloudWatch.',
      run: () => checkOldestMessage(deployment),
    },
    {
      name: 'Alarms',
      timeoutMs,
      next: 'Look at the alarms in the AWS console.',
      run: () => checkAlarms(deployment, createHint),
    },
    {
      name: 'Alarms',
      timeoutMs,
      next: 'Check whether this machine can reach SNS.',
      run: () => checkAlarmSubscribers(deployment, { deploymentOption: option, createHint }),
    },
  ];
}
