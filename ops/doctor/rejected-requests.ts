import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import type { RejectionReason, RequestOutcome } from '../../shared/http/errors.ts';
import { jsonText } from '../../shared/json.ts';
import { awsClientOptions } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { filterLogLines } from '../logs.ts';
import { awsErrorResult, type Observation, ok, warning } from './check.ts';

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
      return [{ about, ...awsErrorResult(error, `logs:FilterLogEvents on ${group}`) }];
    }
  }
  if (counts.size === 0) return [{ about, ...ok('none in the last 24 hours') }];
  return [...counts].map(([name, count]) => ({
    about: name,
    ...warning(
      `${count} rejected in the last 24 hours`,
      `${nextSteps[name.slice(name.indexOf(': ') + 2)] ?? otherStep} See docs/runbook.md#webhook-4xx.`,
    ),
  }));
}

const about = 'rejected requests';

const lookbackMs = 24 * 60 * 60_000;

/** A page has 10,000 lines at the most. A flood needs no exact count. */
const maxPages = 20;

/** What a log line of a rejected request says. */
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

/** Rejections that only the signature is the cause of. */
const signatureOutcomes: readonly string[] = [
  'unauthenticated',
  'unverifiable',
] satisfies RequestOutcome[];

/** Why a request was rejected: the reason if its signature was the cause, else the outcome. */
function causeOf({ outcome, reasons: [reason] = [] }: RejectionLine): string {
  if (reason === undefined) return outcome;
  return signatureOutcomes.includes(outcome) || reason === 'unsigned' ? reason : outcome;
}

async function readRejections(
  logs: CloudWatchLogsClient,
  group: string,
): Promise<readonly RejectionLine[]> {
  const query = { pattern: '{ $.level = "WARN" }', since: Date.now() - lookbackMs, maxPages };
  const { lines } = await filterLogLines(logs, { group, ...query });
  // Scans of the internet: no sender of ours is among them.
  return lines
    .flatMap(({ text }) => RejectionLine.safeParse(text).data ?? [])
    .filter(
      ({ outcome, source }) =>
        outcome !== 'not-found' && (source !== undefined || outcome !== 'method-not-allowed'),
    );
}
