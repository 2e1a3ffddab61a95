import { type CheckResult, failed, type Observation, ok, unknown } from '../check.ts';
import {
  listTasks,
  type ProbeOutcome,
  type ProbeResponse,
  type TaskRouterOperation,
} from './probe.ts';

interface OperationProbe {
  readonly operation: TaskRouterOperation;
  readonly outcome: ProbeOutcome;
}

/** What the answers are about, for people. */
interface EvaluateProbesOptions {
  readonly accountSid: string;
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
  /** How a setting is changed: a command that brings it into force. */
  readonly applyHint: string;
}

/**
 * Authorization failed, for a restricted API key too that lacks the permission.
 * Source: https://www.twilio.com/docs/api/errors/70051
 */
const lacksPermission = 70051;

/** What the answers to all trials say. Where one thing explains all of them, it is told alone. Pure. */
export function evaluateProbes(
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
      `there is no ${workspaceSid} for this API key: the sync finds no Task there (${responseText(list)})`,
      `Set twilio.workspaceSid to the Workspace that Flex uses (Console: TaskRouter > Workspaces), of the key's own account; then ${applyHint}.`,
    );
    return [{ about: 'Workspace', ...missing }];
  }
  const isListed = list?.status === 200 && list.isList;
  const owner = evaluateAccount(probes, options);
  return [
    ...(isListed ? [{ about: 'Workspace', ...ok(`${workspaceSid} is there`) }] : []),
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
  const retryHint = `Run it again; if it stays, see whether ${taskRouterUrl} answers.`;
  if ('noAnswer' in outcome) return unknown(`no answer (${outcome.noAnswer})`, retryHint);
  const response = responseText(outcome);
  if (isUnauthorized(outcome)) {
    return failed(
      `not allowed (${response})`,
      `Let the API key do it (/twilio/taskrouter/${permission} of a restricted one), or configure another; then ${applyHint}.`,
    );
  }
  if (outcome.status === 429) {
    return unknown(`Twilio has too much to do (${response})`, 'Run it again in a minute.');
  }
  if (outcome.status >= 500) return unknown(`Twilio failed (${response})`, retryHint);
  if (!allowedStatuses.includes(outcome.status) || (outcome.status === 200 && !isListed)) {
    return failed(
      `what answers there is not TaskRouter as we know it (${response})`,
      `See whether ${taskRouterUrl} is the TaskRouter of the account's region (twilio.taskRouterUrl); if it is, please report it.`,
    );
  }
  // A Workspace that is not there gives a 404 as well.
  if (outcome.status === 404 && !isListed) {
    return unknown(
      `not known while ${listTasks.about} does not work (${response})`,
      'Mend that first.',
    );
  }
  return ok('allowed');
}

/** Where TaskRouter does not work for anybody: nothing is known of key and Workspace then. */
function evaluateOutage(
  probes: readonly OperationProbe[],
  taskRouterUrl: string,
): CheckResult | undefined {
  const answers = responsesOf(probes);
  if (answers.some(({ status }) => status < 500)) return undefined;
  const [response] = answers;
  if (response !== undefined) {
    return failed(
      `it fails (${responseText(response)}): nothing is linked meanwhile`,
      'See https://status.twilio.com. Messages wait for hours: docs/runbook.md#taskrouter-does-not-answer.',
    );
  }
  const reasons = probes.flatMap(({ outcome }) =>
    'noAnswer' in outcome ? [outcome.noAnswer] : [],
  );
  return unknown(
    `no answer from ${taskRouterUrl} (${reasons[0]})`,
    'See whether this machine reaches it, and https://status.twilio.com.',
  );
}

function evaluateLoginFailure(
  probes: readonly OperationProbe[],
  { accountSid, applyHint }: EvaluateProbesOptions,
): CheckResult | undefined {
  const answers = responsesOf(probes);
  const [first] = answers;
  const isRefusal = ({ status, code }: ProbeResponse) => status === 401 && code !== lacksPermission;
  if (first === undefined || !answers.every(isRefusal)) return undefined;
  return failed(
    `Twilio does not accept the key (${responseText(first)})`,
    `Configure a key of account ${accountSid} and of its region, with its secret (twilio.apiKey, twilio.apiSecret); then ${applyHint}. See docs/runbook.md#twilio-refuses-the-key.`,
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
    `its Tasks are of ${other}, not of ${accountSid}: its events would be refused`,
    `Set twilio.accountSid to the account that owns the Workspace; then ${applyHint}.`,
  );
}
