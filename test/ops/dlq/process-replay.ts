import { join } from 'node:path';
import { expect, vi } from 'vitest';
import {
  type CommandResult,
  operatorEnvironment,
  pulumiWith,
  stackOutputs,
  startOps,
} from '../command-line.ts';
import { auditedIds, manyDeadLetters, readAudit } from './dead-letters.ts';
import { startDlqHarness } from './dlq-harness.ts';

/** The command line of a replay. */
export function replayArguments(folder: string, rate: number, ...deployment: readonly string[]) {
  const options = ['--rate', String(rate), '--audit', folder];
  return ['dlq', 'replay', ...deployment, '--yes', '--json', ...options];
}

/** The environment of a process that knows a stack with these queues. @param url the SQS server or a proxy of it */
export async function stackAt(
  url: string,
  { sqs, queueUrl, deadLetterQueueUrl }: Readonly<Record<string, string>>,
) {
  const path = await pulumiWith({
    ...stackOutputs,
    queueUrl: queueUrl?.replace(sqs ?? '', url),
    deadLetterQueueUrl: deadLetterQueueUrl?.replace(sqs ?? '', url),
  });
  return {
    path,
    ...operatorEnvironment,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_ENDPOINT_URL_SQS: url,
  };
}

/**
 * Replays dead letters in a process, sends it SIGINT when it is under way, and replays the rest. Checks that
 * each is sent once and audited.
 * @param rate of the first replay, messages per second
 * @param isUnderWay by default once the audit shows that it has sent some
 * @returns the result of the first replay
 */
export async function interruptAndContinue(
  count: number,
  rate: number,
  isUnderWay?: (stderr: string) => boolean,
): Promise<CommandResult> {
  const harness = await startDlqHarness({ timeFactor: 1 });
  await harness.sendDeadLetters(manyDeadLetters(count));
  const folder = join(harness.root, 'audit');
  const environment = await stackAt(harness.queues.url, harness.queueEndpoints);

  const { child, ended } = startOps(replayArguments(folder, rate, '--stack', 'prod'), environment);
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const hasSent = async () => auditedIds(await readAudit(folder), 'sent').length > 0;
  await vi.waitFor(async () => expect(isUnderWay?.(stderr) ?? (await hasSent())).toBe(true), {
    timeout: 60_000,
    interval: 20,
  });
  child.kill('SIGINT');
  const stopped = await ended;
  expect(stopped, stopped.stderr).toMatchObject({ code: 5 });
  const first = JSON.parse(stopped.stdout);
  expect(first.stopped).toBe(true);
  expect(first.sent).toBeGreaterThan(0);
  expect(first.sent).toBeLessThan(count);
  expect(first.remaining).toBe(count - first.sent);

  const rest = await harness.ops(...replayArguments(folder, 10_000, '--local'));
  expect(rest, rest.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(rest.stdout)).toMatchObject({ sent: count - first.sent, remaining: 0 });

  const audit = await readAudit(folder);
  const sentIds = auditedIds(audit, 'sent');
  expect(sentIds).toHaveLength(count);
  expect(new Set(sentIds).size).toBe(count);
  expect(new Set(auditedIds(audit, 'deleted'))).toEqual(new Set(sentIds));
  const changes = await harness.receiveChanges();
  expect(changes).toHaveLength(count);
  expect(new Set(changes.map(({ Body }) => Body)).size).toBe(count);
  return stopped;
}
