import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { awsClientOptions, toAwsFailure } from './aws.ts';
import type { AwsClientConfig } from './deployment/deployment.ts';

/** A line of a log group. */
export interface LogLine {
  /** Milliseconds since 1970. */
  at: number;
  /** CloudWatch's id of the line. */
  id: string;
  text: string;
}

interface LogRange {
  group: string;
  /** Milliseconds since 1970. */
  since: number;
  /** The most pages to read. A page of CloudWatch has up to 1 MB. */
  maxPages: number;
}

interface LogQuery extends LogRange {
  /** Lines that hold one of these texts. */
  terms: readonly string[];
  stop: AbortSignal;
}

/** The lines that were read, the oldest first. */
interface LogLines {
  lines: readonly LogLine[];
  /** Whether the log has more lines. */
  hasMore: boolean;
}

/**
 * Reads lines of a log group that contain one of some texts. It retries if CloudWatch is busy.
 * @throws Failure if the log cannot be read
 */
export async function readLogLines(
  access: AwsClientConfig,
  { terms, ...range }: LogQuery,
): Promise<LogLines> {
  const logs = new CloudWatchLogsClient({ ...awsClientOptions(access), ...slowService });
  const pattern = terms.map((term) => `?"${term}"`).join(' ');
  try {
    return await filterLogLines(logs, { ...range, pattern });
  } catch (error) {
    throw toAwsFailure(error, `Reading the log group ${range.group}`);
  } finally {
    logs.destroy();
  }
}

/**
 * Reads lines of a log group that match a filter pattern, with `FilterLogEvents`. This costs nothing, and the local
 * stack has it. CloudWatch handles about five requests a second.
 * Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @throws an error of the AWS SDK; none after `stop`
 */
export async function filterLogLines(
  logs: CloudWatchLogsClient,
  { group, pattern, since, maxPages, stop }: LogRange & { pattern: string; stop?: AbortSignal },
): Promise<LogLines> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  try {
    for (let page = 0; page < maxPages && !stop?.aborted; page += 1) {
      const command = new FilterLogEventsCommand({
        logGroupName: group,
        filterPattern: pattern,
        startTime: since,
        nextToken,
      });
      const answer = await logs.send(command, { ...(stop && { abortSignal: stop }) });
      for (const { timestamp: at = 0, eventId: id = '', message: text = '' } of answer.events ?? [])
        lines.push({ at, id, text });
      ({ nextToken } = answer);
      if (nextToken === undefined) break;
    }
  } catch (error) {
    if (!stop?.aborted) throw error;
  }
  return { lines, hasMore: nextToken !== undefined };
}

/** CloudWatch throttles, and a page of a large group takes long. */
const slowService = {
  maxAttempts: 6,
  retryMode: 'adaptive' as const,
  requestHandler: { requestTimeout: 30_000 },
};
