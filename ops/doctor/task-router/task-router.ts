import { parseTwilioCredentials } from '../../../shared/taskrouter/client.ts';
import type { Deployment, TwilioApiKey } from '../../deployment/deployment.ts';
import { Failure } from '../../failure.ts';
import { type CheckResult, failed, type Observation, ok, unknown } from '../check.ts';
import type { ReadStoredSecret } from '../secrets.ts';
import {
  createProbe,
  listTasks,
  type ProbedOperation,
  type ProbeOutcome,
  type ProbeResponse,
  taskRouterOperations,
} from './probe.ts';

export interface TaskRouterCheckOptions {
  workspaceSid: string;
  taskRouterUrl: string;
  /** How to apply a changed setting, e.g. `run npm run up -- --stack prod`. */
  applyHint: string;
}

/**
 * Tries all operations of sync at TaskRouter, with a Task that does not exist. It uses one of the three
 * searches per second that an account has.
 * @param operations only some of them
 */
export async function checkTaskRouter(
  { credentials, observations }: CredentialsResult,
  options: TaskRouterCheckOptions,
  operations = taskRouterOperations,
): Promise<readonly Observation[]> {
  if (credentials === undefined) return observations;
  const { accountSid, apiKey: username, apiSecret: password } = credentials;
  const probe = createProbe({ ...options, username, password });
  const probes = await Promise.all(
    operations.map(async (operation) => ({ operation, outcome: await probe(operation) })),
  );
  return [...observations, ...evaluateProbes(probes, { ...options, accountSid })];
}

/** The API key to call Twilio with, if there is one, and findings about it. */
interface CredentialsResult {
  credentials?: TwilioApiKey;
  observations: readonly Observation[];
}

const apiKeySubject = 'API key';

/**
 * The API key of the deployed sync. If it cannot be read, it is the operator's own key, which proves nothing about
 * the permissions of sync.
 */
export async function readSyncCredentials(
  deployment: Deployment,
  readSecret: ReadStoredSecret,
  createHint: string,
): Promise<CredentialsResult> {
  const name = deployment.secrets.twilio;
  const secret = await readSecret(name);
  if ('text' in secret) return parseSecret(name, secret.text, createHint);
  const observations: Observation[] = [{ about: apiKeySubject, ...secret.problem }];
  const credentials = operatorsApiKey(deployment);
  if (credentials === undefined) return { observations };
  const fallback: CheckResult = unknown(
    'the following checks used your own API key (TWILIO_API_KEY)',
    'They check the Workspace and the network, not the permissions of the API key of sync.',
  );
  return { credentials, observations: [...observations, { about: 'API key used', ...fallback }] };
}

function parseSecret(name: string, text: string, createHint: string): CredentialsResult {
  try {
    const credentials = parseTwilioCredentials(name, text);
    return {
      credentials,
      observations: [{ about: apiKeySubject, ...ok('the API key of sync, from Secrets Manager') }],
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      observations: [
        { about: apiKeySubject, ...failed(`${problem}\nsync cannot call Twilio.`, createHint) },
      ],
    };
  }
}

function operatorsApiKey({ credentials }: Deployment): TwilioApiKey | undefined {
  try {
    return credentials();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

interface OperationProbe {
  operation: ProbedOperation;
  outcome: ProbeOutcome;
}

/** The deployment that was probed. */
interface EvaluateProbesOptions {
  accountSid: string;
  workspaceSid: string;
  taskRouterUrl: string;
  /** How to apply a changed setting, e.g. `run npm run up -- --stack prod`. */
  applyHint: string;
}

/**
 * The error code for a failed authorization. A restricted API key that lacks the permission gets it too.
 * Source: https://www.twilio.com/docs/api/errors/70051
 */
const lacksPermission = 70051;

/** The findings for all probes. If one problem explains all of them, there is only one finding. Pure. */
function evaluateProbes(
  probes: readonly OperationProbe[],
  options: EvaluateProbesOptions,
): readonly Observation[] {
  const { workspaceSid, taskRouterUrl, applyHint } = options;
  const outageResult = evaluateOutage(probes, taskRouterUrl);
  if (outageResult !== undefined) return [{ about: 'TaskRouter', ...outageResult }];
  const loginResult = evaluateLoginFailure(probes, options);
  if (loginResult !== undefined) return [{ about: 'login', ...loginResult }];

  const [list] = responsesOf(probes.filter(({ operation }) => operation === listTasks));
  if (list?.status === 404) {
    const missing = failed(
      `${workspaceSid} does not exist for this API key: sync finds no Task (${responseText(list)})`,
      `Set twilio.workspaceSid to the Workspace of Flex (Console: TaskRouter > Workspaces), in the account of the API key; then ${applyHint}.`,
    );
    return [{ about: 'Workspace', ...missing }];
  }
  const isListed = list?.status === 200 && list.isList;
  const owner = evaluateAccount(probes, options);
  return [
    ...(isListed ? [{ about: 'Workspace', ...ok(`${workspaceSid} exists`) }] : []),
    ...(owner === undefined ? [] : [{ about: 'account', ...owner }]),
    ...probes.map((probe) => ({
      about: probe.operation.about,
      ...evaluateOperation(probe, isListed, options),
    })),
  ];
}

function responseText({ status, code }: ProbeResponse): string {
  return code === undefined
    ? `${status}`
    : `${status}, https://www.twilio.com/docs/api/errors/${code}`;
}

function isUnauthorized({ status }: ProbeResponse): boolean {
  return status === 401 || status === 403;
}

function responsesOf(probes: readonly OperationProbe[]): readonly ProbeResponse[] {
  return probes.flatMap(({ outcome }) => ('status' in outcome ? [outcome] : []));
}

function evaluateOperation(
  { operation: { permission, allowedStatuses }, outcome }: OperationProbe,
  isListed: boolean,
  { taskRouterUrl, applyHint }: EvaluateProbesOptions,
): CheckResult {
  const retryHint = `Run this again. If it fails again, check whether ${taskRouterUrl} answers.`;
  if ('noAnswer' in outcome) return unknown(`no response (${outcome.noAnswer})`, retryHint);
  const response = responseText(outcome);
  if (isUnauthorized(outcome)) {
    return failed(
      `not allowed (${response})`,
      `Give the restricted API key the permission /twilio/taskrouter/${permission}, or configure another key; then ${applyHint}.`,
    );
  }
  if (outcome.status === 429) {
    return unknown(`Twilio answered 429 (${response})`, 'Run this again in a minute.');
  }
  if (outcome.status >= 500) return unknown(`Twilio failed (${response})`, retryHint);
  if (outcome.status === 400 && outcome.code !== undefined) {
    return failed(
      `Twilio rejects a request as sync makes it (${response})`,
      'Please report this. If Twilio rejects the search, sync works without CONTAINS: docs/architecture.md#which-tasks.',
    );
  }
  if (!allowedStatuses.includes(outcome.status) || (outcome.status === 200 && !outcome.isList)) {
    return failed(
      `the response is not from TaskRouter (${response})`,
      `Check that ${taskRouterUrl} is the TaskRouter of the account's region (twilio.taskRouterUrl). If it is, please report this.`,
    );
  }
  // A missing Workspace also gives a 404.
  if (outcome.status === 404 && !isListed) {
    return unknown(`unknown until ${listTasks.about} works (${response})`, 'Fix that first.');
  }
  return ok('allowed');
}

/** The findings if TaskRouter itself fails. Then nothing is known about key and Workspace. */
function evaluateOutage(
  probes: readonly OperationProbe[],
  taskRouterUrl: string,
): CheckResult | undefined {
  const answers = responsesOf(probes);
  if (answers.some(({ status }) => status < 500)) return undefined;
  const [response] = answers;
  if (response !== undefined) {
    return failed(
      `TaskRouter fails (${responseText(response)}): sync links nothing until it recovers`,
      'See https://status.twilio.com. Messages are retried for 6.5 hours: docs/runbook.md#taskrouter-circuit-open.',
    );
  }
  const reasons = probes.flatMap(({ outcome }) =>
    'noAnswer' in outcome ? [outcome.noAnswer] : [],
  );
  return unknown(
    `no response from ${taskRouterUrl} (${reasons[0]})`,
    'Check whether this machine can reach it, and https://status.twilio.com.',
  );
}

function evaluateLoginFailure(
  probes: readonly OperationProbe[],
  { accountSid, applyHint }: EvaluateProbesOptions,
): CheckResult | undefined {
  const answers = responsesOf(probes);
  const [first] = answers;
  const isRejected = ({ status, code }: ProbeResponse) =>
    status === 401 && code !== lacksPermission;
  if (first === undefined || !answers.every(isRejected)) return undefined;
  return failed(
    `Twilio rejects the API key (${responseText(first)})`,
    `Configure a key of account ${accountSid} and its region, with its secret (twilio.apiKey, twilio.apiSecret); then ${applyHint}. See docs/runbook.md#twilio-unauthorized.`,
  );
}

function evaluateAccount(
  probes: readonly OperationProbe[],
  { accountSid, applyHint }: EvaluateProbesOptions,
): CheckResult | undefined {
  const owners = responsesOf(probes).flatMap(({ accounts }) => accounts);
  const other = owners.find((sid) => sid !== accountSid);
  if (other === undefined) return undefined;
  return failed(
    `its Tasks belong to ${other}, not to ${accountSid}: task-event would reject its events`,
    `Set twilio.accountSid to the account that owns the Workspace; then ${applyHint}.`,
  );
}
