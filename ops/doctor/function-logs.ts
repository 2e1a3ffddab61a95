import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import type { RejectionReason, RequestOutcome } from '../../shared/http/errors.ts';
import { jsonText } from '../../shared/json.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';
import { awsClientOptions } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { filterLogLines } from '../logs.ts';
import {
  awsErrorResult,
  type CheckResult,
  failed,
  type Observation,
  ok,
  unknown,
  warning,
} from './check.ts';

type Log = Pick<Deployment, 'aws' | 'syncLogGroup'>;

/**
 * Counts the tries of the last hour by source and outcome, from sync's log. If no try of a source came to an end,
 * the check has failed. If no try of a source matched a Task, the check looks for a link in the last seven days. If
 * there is one, the source's tickets may have no conversation, as those of e-mails.
 */
export async function checkOutcomes(deployment: Log): Promise<readonly Observation[]> {
  const hour = await readOutcomes(deployment, 'message', 'outcome', hourMs);
  if ('problem' in hour) return [{ about: 'outcomes', ...hour.problem }];
  const bySource = Map.groupBy(hour.lines, ({ ticket }) => sourceOf(ticket));
  if (bySource.size === 0)
    return [{ about: 'outcomes', ...ok('no ticket changed in the last hour') }];
  let links: Awaited<ReturnType<typeof readOutcomes>> | undefined;
  const observations: Observation[] = [];
  for (const [source, lines] of bySource) {
    const counts = countOutcomes(lines.map(({ outcome }) => outcome));
    if (onlyUnmatched(counts))
      links ??= await readOutcomes(deployment, 'outcome', 'linked', 7 * dayMs);
    observations.push({
      about: `${source}, last hour`,
      ...evaluateOutcomes(source, counts, hour.isComplete, links),
    });
  }
  return observations;
}

const hourMs = 60 * 60_000;

const dayMs = 24 * hourMs;

/** The most pages. A page has at most 1 MB and 10,000 lines. For a flood, an exact count is not needed. */
const maxPages = 20;

type Counts = ReadonlyMap<string, number>;

/** The line that sync writes for each try of a ticket change. */
const OutcomeLine = jsonText(z.object({ outcome: z.string(), ticket: z.string() }));

type ReadLines =
  | { problem: CheckResult }
  | { lines: readonly z.infer<typeof OutcomeLine>[]; isComplete: boolean };

/** The readable lines about tickets in which a field has this text. */
async function readOutcomes(
  { aws, syncLogGroup: group }: Log,
  field: string,
  text: string,
  lookbackMs: number,
): Promise<ReadLines> {
  const logs = new CloudWatchLogsClient(awsClientOptions(aws.logs));
  const pattern = `{ $.${field} = "${text}" }`;
  const since = Date.now() - lookbackMs;
  try {
    const { lines, hasMore } = await filterLogLines(logs, { group, pattern, since, maxPages });
    return {
      lines: lines.flatMap((line) => OutcomeLine.safeParse(line.text).data ?? []),
      isComplete: !hasMore,
    };
  } catch (error) {
    return { problem: awsErrorResult(error, `logs:FilterLogEvents on ${group}`) };
  }
}

function countOutcomes(outcomes: readonly string[]): Counts {
  const counts = [...Map.groupBy(outcomes, (outcome) => outcome)].map(
    ([outcome, { length }]): [string, number] => [outcome, length],
  );
  return new Map(counts.sort(([, one], [, other]) => other - one));
}

function onlyUnmatched(counts: Counts): boolean {
  return [...counts.keys()].every((outcome) => outcome === 'unmatched');
}

function evaluateOutcomes(
  source: string,
  counts: Counts,
  isComplete: boolean,
  links: ReadLines | undefined,
): CheckResult {
  const text = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  const finding = isComplete ? text : `at least ${text}`;
  if (links !== undefined && onlyUnmatched(counts)) {
    if ('problem' in links) return links.problem;
    if (links.lines.some(({ ticket }) => sourceOf(ticket) === source)) return ok(finding);
    const none = `${finding}: no ticket matched a Task, and none was linked`;
    const next =
      'Compare the SID that the CRM sends, or taskAttribute, with a Task. See docs/runbook.md#tickets-unmatched.';
    return links.isComplete
      ? warning(`${none} in the last 7 days`, next)
      : unknown(`${none} in the part of the log that was read`, next);
  }
  const isFailing = [...counts.keys()].every((outcome) => failures.includes(outcome));
  return isFailing
    ? failed(`${finding}: none came to an end`, 'See docs/runbook.md#nothing-linked.')
    : ok(finding);
}

const failures: readonly string[] = ['retry', 'rejected'];

/**
 * Reads which requests crm-change and task-event rejected during the last day, and why. Anybody can send such
 * requests, so none is a failed check.
 */
export async function checkRejectedRequests({
  aws,
  crmChangeLogGroup,
  taskEventLogGroup,
}: Pick<Deployment, 'aws' | 'crmChangeLogGroup' | 'taskEventLogGroup'>): Promise<
  readonly Observation[]
> {
  const logs = new CloudWatchLogsClient(awsClientOptions(aws.logs));
  const groups = [
    { group: crmChangeLogGroup, sender: undefined },
    { group: taskEventLogGroup, sender: 'Twilio' },
  ];
  const counts = new Map<string, number>();
  for (const { group, sender } of groups) {
    try {
      for (const line of await readRejections(logs, group)) {
        const about = `${line.source ?? sender ?? 'unknown'}: ${causeOf(line)}`;
        counts.set(about, (counts.get(about) ?? 0) + 1);
      }
    } catch (error) {
      return [
        {
          about: 'rejected requests',
          ...awsErrorResult(error, `logs:FilterLogEvents on ${group}`),
        },
      ];
    }
  }
  if (counts.size === 0)
    return [{ about: 'rejected requests', ...ok('none in the last 24 hours') }];
  return [...counts].map(([name, count]) => ({
    about: name,
    ...warning(
      `${count} rejected in the last 24 hours`,
      `${nextSteps[name.slice(name.indexOf(': ') + 2)] ?? otherStep} See docs/runbook.md#webhook-4xx.`,
    ),
  }));
}

/** The content of a log line about a rejected request. */
const RejectionLine = jsonText(
  z.object({
    outcome: z.string(),
    source: z.string().optional(),
    reasons: z.array(z.string()).optional(),
  }),
);

type RejectionLine = z.infer<typeof RejectionLine>;

const otherStep =
  'The log names the fields. Compare the webhook with the page of its kind in docs/sources.';

const nextSteps: Readonly<Record<string, string>> = {
  unsigned: 'Set the signing secret in the webhook of the CRM.',
  malformed:
    'Compare the kind of the source with the CRM, and look for a proxy that changes headers.',
  signature:
    'Compare the signing secret (of Twilio: the Auth Token) with the CRM. If it is the same, a proxy changes URL or body, or strangers sent these.',
  stale:
    'The secret is right. Look for a delay or a wrong clock at the CRM, and for captured requests that are sent again.',
  future: 'The secret is right. Correct the clock of the CRM.',
  'shared-key':
    'A Webhooks Rule of the Twilio account signs with a SharedKey: set twilio.sharedKeySecret. Event Streams sends these events again for four hours.',
} satisfies Record<RejectionReason, string>;

/** The outcomes whose only cause is the signature. */
const signatureOutcomes: readonly string[] = [
  'unauthenticated',
  'unverifiable',
] satisfies RequestOutcome[];

/** Why a request was rejected: the reason if the signature was the cause, otherwise the outcome. */
function causeOf({ outcome, reasons: [reason] = [] }: RejectionLine): string {
  if (reason === undefined) return outcome;
  return signatureOutcomes.includes(outcome) || reason === 'unsigned' ? reason : outcome;
}

async function readRejections(
  logs: CloudWatchLogsClient,
  group: string,
): Promise<readonly RejectionLine[]> {
  const query = { pattern: '{ $.level = "WARN" }', since: Date.now() - dayMs, maxPages };
  const { lines } = await filterLogLines(logs, { group, ...query });
  // These are scans from the internet. They do not come from our senders.
  return lines
    .flatMap(({ text }) => RejectionLine.safeParse(text).data ?? [])
    .filter(
      ({ outcome, source }) =>
        outcome !== 'not-found' && (source !== undefined || outcome !== 'method-not-allowed'),
    );
}
