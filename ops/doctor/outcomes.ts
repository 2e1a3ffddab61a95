import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
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
 * Counts the tries of the last hour by source and outcome, from the log of sync. A source of which none came to an
 * end is a failed check. A source of which none matched a Task is asked for a link in the last seven days: with one,
 * its tickets may have no conversation, as those of an e-mail.
 */
export async function checkOutcomes(deployment: Log): Promise<readonly Observation[]> {
  const hour = await readOutcomes(deployment, 'message', 'outcome', hourMs);
  if ('problem' in hour) return [{ about, ...hour.problem }];
  const bySource = Map.groupBy(hour.lines, ({ ticket }) => sourceOf(ticket));
  if (bySource.size === 0) return [{ about, ...ok('no ticket changed in the last hour') }];
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

const about = 'outcomes';

const hourMs = 60 * 60_000;

const dayMs = 24 * hourMs;

/** A page has 1 MB at the most: some 3,000 lines. */
const maxPages = 20;

type Counts = ReadonlyMap<string, number>;

/** The line that sync writes for each try of a ticket change. */
const OutcomeLine = jsonText(z.object({ outcome: z.string(), ticket: z.string() }));

type ReadLines =
  | { problem: CheckResult }
  | { lines: readonly z.infer<typeof OutcomeLine>[]; isComplete: boolean };

/** The lines about tickets in which a field has this text, as far as they can be read. */
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
