import { bad, ok, type Told, unknown, type Verdict } from '../finding.ts';
import { listTasks, type Operation } from './operations.ts';
import type { Answered, Probed } from './probe.ts';

export interface Trial {
  readonly operation: Operation;
  readonly probed: Probed;
}

/** What the answers are about, for people. */
export interface JudgeOptions {
  readonly accountSid: string;
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
  /** How a setting is changed: a command that brings it into force. */
  readonly applyIt: string;
}

/**
 * Authorization failed, for a restricted API key too that lacks the permission.
 * Source: https://www.twilio.com/docs/api/errors/70051
 */
const lacksPermission = 70051;

const answerText = ({ status, code }: Answered): string =>
  code === undefined ? `${status}` : `${status}, https://www.twilio.com/docs/api/errors/${code}`;

const isRefused = ({ status }: Answered): boolean => status === 401 || status === 403;

const answersOf = (trials: readonly Trial[]): readonly Answered[] =>
  trials.flatMap(({ probed }) => ('status' in probed ? [probed] : []));

const trialVerdict = (
  { operation: { permission, allowed }, probed }: Trial,
  isListed: boolean,
  { taskRouterUrl, applyIt }: JudgeOptions,
): Verdict => {
  const again = `Run it again; if it stays, see whether ${taskRouterUrl} answers.`;
  if ('noAnswer' in probed) return unknown(`no answer (${probed.noAnswer})`, again);
  const said = answerText(probed);
  if (isRefused(probed)) {
    return bad(
      `not allowed (${said})`,
      `Let the API key do it (/twilio/taskrouter/${permission} of a restricted one), or configure another; then ${applyIt}.`,
    );
  }
  if (probed.status === 429) {
    return unknown(`Twilio has too much to do (${said})`, 'Run it again in a minute.');
  }
  if (probed.status >= 500) return unknown(`Twilio failed (${said})`, again);
  if (!allowed.includes(probed.status) || (probed.status === 200 && !isListed)) {
    return bad(
      `what answers there is not TaskRouter as we know it (${said})`,
      `See whether ${taskRouterUrl} is the TaskRouter of the account's region (twilio.taskRouterUrl); if it is, please report it.`,
    );
  }
  // A Workspace that is not there gives a 404 as well.
  if (probed.status === 404 && !isListed) {
    return unknown(
      `not known while ${listTasks.about} does not work (${said})`,
      'Mend that first.',
    );
  }
  return ok('allowed');
};

/** Where TaskRouter does not work for anybody: nothing is known of key and Workspace then. */
const outage = (trials: readonly Trial[], taskRouterUrl: string): Verdict | undefined => {
  const answers = answersOf(trials);
  if (answers.some(({ status }) => status < 500)) return undefined;
  const [failed] = answers;
  if (failed !== undefined) {
    return bad(
      `it fails (${answerText(failed)}): nothing is linked meanwhile`,
      'See https://status.twilio.com. Messages wait for hours: docs/runbook.md#taskrouter-does-not-answer.',
    );
  }
  const reasons = trials.flatMap(({ probed }) => ('noAnswer' in probed ? [probed.noAnswer] : []));
  return unknown(
    `no answer from ${taskRouterUrl} (${reasons[0]})`,
    'See whether this machine reaches it, and https://status.twilio.com.',
  );
};

const refusal = (
  trials: readonly Trial[],
  { accountSid, applyIt }: JudgeOptions,
): Verdict | undefined => {
  const answers = answersOf(trials);
  const [first] = answers;
  const isRefusal = ({ status, code }: Answered) => status === 401 && code !== lacksPermission;
  if (first === undefined || !answers.every(isRefusal)) return undefined;
  return bad(
    `Twilio does not accept the key (${answerText(first)})`,
    `Configure a key of account ${accountSid} and of its region, with its secret (twilio.apiKey, twilio.apiSecret); then ${applyIt}. See docs/runbook.md#twilio-refuses-the-key.`,
  );
};

const otherOwner = (
  trials: readonly Trial[],
  { accountSid, applyIt }: JudgeOptions,
): Verdict | undefined => {
  const owners = answersOf(trials).flatMap(({ accounts }) => accounts);
  const other = owners.find((sid) => sid !== accountSid);
  if (other === undefined) return undefined;
  return bad(
    `its Tasks are of ${other}, not of ${accountSid}: its events would be refused`,
    `Set twilio.accountSid to the account that owns the Workspace; then ${applyIt}.`,
  );
};

/** What the answers to all trials say. Where one thing explains all of them, it is told alone. Pure. */
export const judgeProbes = (trials: readonly Trial[], options: JudgeOptions): readonly Told[] => {
  const { workspaceSid, taskRouterUrl, applyIt } = options;
  const down = outage(trials, taskRouterUrl);
  if (down !== undefined) return [{ about: 'TaskRouter', ...down }];
  const refused = refusal(trials, options);
  if (refused !== undefined) return [{ about: 'login', ...refused }];

  const [list] = answersOf(trials.filter(({ operation }) => operation === listTasks));
  if (list?.status === 404) {
    const missing = bad(
      `there is no ${workspaceSid} for this API key: the sync finds no Task there (${answerText(list)})`,
      `Set twilio.workspaceSid to the Workspace that Flex uses (Console: TaskRouter > Workspaces), of the key's own account; then ${applyIt}.`,
    );
    return [{ about: 'Workspace', ...missing }];
  }
  const isListed = list?.status === 200 && list.isList;
  const owner = otherOwner(trials, options);
  return [
    ...(isListed ? [{ about: 'Workspace', ...ok(`${workspaceSid} is there`) }] : []),
    ...(owner === undefined ? [] : [{ about: 'account', ...owner }]),
    ...trials.map((trial) => ({
      about: trial.operation.about,
      ...trialVerdict(trial, isListed, options),
    })),
  ];
};
