import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { operatorEnvironment, pulumiWith, stackOutputs, startOps } from '../command-line.ts';
import { auditedIds, manyDeadLetters, readAudit } from './dead-letters.ts';
import { startDlqHarness } from './dlq-harness.ts';

/** The command line of a replay. */
export function replayArguments(folder: string, rate: number, ...deployment: readonly string[]) {
  const options = ['--rate', String(rate), '--audit', folder];
  return ['dlq', 'replay', ...deployment, '--yes', '--json', ...options];
}

/** The addresses of queues behind another SQS server. */
export function endpointsAt<Endpoints extends { sqs: string }>(
  url: string,
  endpoints: Endpoints,
): Endpoints {
  return JSON.parse(JSON.stringify(endpoints).replaceAll(endpoints.sqs, url));
}

/** The environment of a process that knows a stack with these queues. @param url the SQS server or a proxy of it */
export async function stackAt(
  url: string,
  endpoints: Awaited<ReturnType<typeof startDlqHarness>>['queueEndpoints'],
) {
  const path = await pulumiWith({ ...stackOutputs, ...endpointsAt(url, endpoints) });
  return {
    path,
    ...operatorEnvironment,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_ENDPOINT_URL_SQS: url,
  };
}

/**
 * Replays dead letters in a process, sends it SIGINT once the audit shows that it has sent some, and replays
 * the rest. Checks that each is sent once and audited.
 * @param rate of the first replay, messages per second
 */
export async function interruptAndContinue(count: number, rate: number): Promise<void> {
  const harness = await startDlqHarness({ timeFactor: 1 });
  await harness.sendDeadLetters(manyDeadLetters(count));
  const folder = join(harness.root, 'audit');
  const environment = await stackAt(harness.queues.url, harness.queueEndpoints);

  const args = replayArguments(folder, rate, '--stack', 'prod').filter((arg) => arg !== '--json');
  const { child, ended } = startOps(args, environment);
  const hasSent = async () => auditedIds(await readAudit(folder), 'sent').length > 0;
  await vi.waitFor(async () => expect(await hasSent()).toBe(true), {
    timeout: 60_000,
    interval: 20,
  });
  child.kill('SIGINT');
  const stopped = await ended;
  expect(stopped, stopped.stderr).toMatchObject({ code: 5 });
  const sent = Number(/: (\d+) sent about/.exec(stopped.stdout)?.[1]);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(count);
  expect(stopped.stdout).toContain('Run the same command again to continue');
  expect(stopped.stdout).toContain(`${count - sent} dead letters remain`);

  const rest = await harness.ops(...replayArguments(folder, 10_000, '--local'));
  expect(rest, rest.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(rest.stdout)).toMatchObject({ sent: count - sent, remaining: 0 });

  const audit = await readAudit(folder);
  const sentIds = auditedIds(audit, 'sent');
  expect(sentIds).toHaveLength(count);
  expect(new Set(sentIds).size).toBe(count);
  expect(new Set(auditedIds(audit, 'deleted'))).toEqual(new Set(sentIds));
  const changes = await harness.receiveChanges();
  expect(changes).toHaveLength(count);
  expect(new Set(changes.map(({ Body }) => Body)).size).toBe(count);
}
