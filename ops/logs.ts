import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { toAwsFailure } from './aws.ts';
import type { AwsClientConfig } from './deployment/deployment.ts';
import { awsClientOptions } from './doctor/aws.ts';

/** A line of a log group. */
export interface LogLine {
  /** Milliseconds since 1970. */
  at: number;
  /** CloudWatch's id of the line. */
  id: string;
  text: string;
}

interface LogQuery {
  group: string;
  /** Lines that hold one of these texts. */
  terms: readonly string[];
  /** Milliseconds since 1970. */
  since: number;
  /** The most pages to read. */
  maxPages: number;
  stop: AbortSignal;
}

/**
 * Reads lines of a log group, oldest first, with `FilterLogEvents`: it costs nothing, and the local stack has it.
 * CloudWatch answers up to 1 MB a page, and about five requests a second.
 * Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @returns the lines, and whether there are more than were read
 * @throws Failure if the log cannot be read
 */
export async function readLogLines(
  access: AwsClientConfig,
  { group, terms, since, maxPages, stop }: LogQuery,
): Promise<{ lines: readonly LogLine[]; hasMore: boolean }> {
  const logs = new CloudWatchLogsClient({ ...awsClientOptions(access), ...slowService });
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  try {
    for (let page = 0; page < maxPages && !stop.aborted; page += 1) {
      const command = new FilterLogEventsCommand({
        logGroupName: group,
        filterPattern: terms.map((term) => `?"${term}"`).join(' '),
        startTime: since,
        nextToken,
      });
      const answer = await logs.send(command, { abortSignal: stop });
      for (const { timestamp: at = 0, eventId: id = '', message: text = '' } of answer.events ?? [])
        lines.push({ at, id, text });
      ({ nextToken } = answer);
      if (nextToken === undefined) break;
    }
  } catch (error) {
    if (!stop.aborted) throw toAwsFailure(error, `Reading the log group ${group}`);
  } finally {
    logs.destroy();
  }
  return { lines, hasMore: nextToken !== undefined };
}

/** CloudWatch throttles, and a page of a large group takes long. */
const slowService = {
  maxAttempts: 6,
  retryMode: 'adaptive' as const,
  requestHandler: { requestTimeout: 30_000 },
};
