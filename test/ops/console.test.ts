import { writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ActionName } from '../../console/actions.ts';
import type { Parts } from '../../console/parts.ts';
import { startCloudWatchLogs } from '../../local/aws/services.ts';
import { startConsole } from '../../ops/console/console.ts';
import { readLocalStack } from '../../ops/deployment/local-stack.ts';
import { createDryRuns } from '../../ops/dlq/dry-runs.ts';
import { startAwsAccount } from '../../tools/aws-account.ts';
import { serve } from '../local/serve.ts';
import { ticketChange } from '../sync/messages.ts';
import { deploymentFacts, pulumiWith, stackOutputs, startOps } from './command-line.ts';
import { auditedIds, oneOfEach, readAudit, taskSid } from './dlq/dead-letters.ts';
import { startDlqHarness } from './dlq/dlq-harness.ts';
import { startDoctorHarness } from './doctor/doctor-harness.ts';

/** A console as its page sees it: the parts, and the actions. */
const openPage = async (url: string) => {
  const parts: Partial<Parts> = {};
  const { body } = await fetch(`${url}/events`);
  const follow = async (lines: AsyncIterable<string>) => {
    for await (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      for (const [key, value] of JSON.parse(line.slice(6))) Object.assign(parts, { [key]: value });
    }
  };
  if (body !== null) follow(createInterface(Readable.fromWeb(body))).catch(() => {});
  const act = async (name: ActionName, input: object, headers: object = { origin: url }) => {
    const init = { method: 'POST', body: JSON.stringify(input), headers: { ...headers } };
    const answer = await fetch(`${url}/actions/${name}`, init);
    return answer.ok ? JSON.parse(await answer.text()) : { status: answer.status };
  };
  return { parts, act };
};

/** The console of a stack with one dead letter of each kind. */
const filledConsole = async () => {
  const logs = await startCloudWatchLogs();
  onTestFinished(logs.close);
  logs.createLogGroup(deploymentFacts.syncLogGroup);
  const harness = await startDlqHarness({ logs: logs.url });
  await harness.sendDeadLetters(oneOfEach());
  const { root } = harness;
  const options = { stack: undefined, root, host: '127.0.0.1', port: 0, pollMs: 40 };
  const { url, close } = await startConsole(await readLocalStack(root), options);
  onTestFinished(close);
  const page = await openPage(url);
  await expect.poll(() => page.parts.deadLetters?.messages.length).toBe(7);
  const ended = expect.poll(() => page.parts.operation?.isRunning);
  return { ...harness, ...page, url, ended };
};

const wrong = 'invalid-message';
const noDryRun = { error: expect.stringContaining('make the dry run again') };

describe('ops console', () => {
  it('deletes nothing without a dry run and its count; then what that has found, once', async () => {
    const { act, ended, parts, sendDeadLetters } = await filledConsole();
    expect(await act('purge', { token: 'none', confirmation: '7' })).toEqual(noDryRun);
    const input = { queue: 'dead-letters', filter: { reason: [wrong] } };
    const { output: plan } = await act('plan', input);
    expect(plan).toMatchObject({ count: 1, text: '1 dead letter', lines: [{}] });
    await sendDeadLetters([{ body: 'another', reason: wrong }]);
    const { token } = plan;
    for (const confirmation of ['', 'yes', '2']) {
      const said = await act('purge', { token, confirmation });
      expect(said).toEqual({ error: 'Type 1 to delete them. Nothing was deleted.' });
    }
    expect(await act('purge', { token, confirmation: '1' })).toEqual({ output: null });
    await ended.toBe(false);
    expect(parts.operation?.result).toMatch(
      /^1 deleted\. The file is .*\n.*dlq restore \S+ --local$/,
    );
    expect(await act('purge', { token, confirmation: '1' })).toEqual(noDryRun);
    const left = () => parts.deadLetters?.messages.filter(({ reason }) => reason === wrong);
    await expect.poll(() => left()?.map(({ id }) => id === plan.lines[0].id)).toEqual([false]);
  });

  it('replays what its dry run has found, shows how far it is, and stops', async () => {
    const { act, ended, parts, root, sendDeadLetters, receiveChanges } = await filledConsole();
    expect(await act('replay', { token: 'none', rate: 1 })).toEqual(noDryRun);
    const filter = { source: ['jira'], newerThan: 3_600_000 };
    const { output: plan } = await act('plan', { queue: 'dead-letters', filter });
    const later = ticketChange(6, { taskSid }, { ticket: 'jira/SUP-6' });
    await sendDeadLetters([{ body: later, reason: 'unauthorized' }]);
    await act('replay', { token: plan.token, rate: 20 });
    await expect.poll(() => parts.operation?.step).toBe('Following');
    const busy = await act('plan', { queue: 'events', filter: {} });
    expect(busy.error).toContain('A replay runs');
    await act('stop', {});
    await ended.toBe(false);
    expect(parts.operation?.result).toContain('1 sent about 1 ticket');
    expect((await receiveChanges()).map(({ Body }) => Body).join()).toContain('SUP-4');
    expect(auditedIds(await readAudit(join(root, 'audit')), 'deleted')).toHaveLength(1);
    await expect.poll(() => parts.deadLetters?.messages.length).toBe(7);
  });

  it('answers no other site and no other name, and has no action of the local stack alone', async () => {
    const { act, url } = await filledConsole();
    const input = { item: '4711', hours: 24 };
    expect((await act('why', input)).error).toContain('Give a ticket as <source>/<id>');
    expect(await act('why', input, { origin: 'https://evil.example' })).toEqual({ status: 403 });
    expect(await act('why', input, {})).toEqual({ status: 403 });
    const answered = Promise.withResolvers<unknown>();
    const headers = { host: 'evil.example' };
    get(url, { headers }, ({ statusCode }) => answered.resolve(statusCode));
    expect(await answered.promise).toBe(403);
    expect(await act('start', { channel: 'call' })).toEqual({ status: 404 });
  });

  it('shows account and identity; says when credentials expire, and goes on when they are renewed', async () => {
    const harness = await startDoctorHarness();
    const { url, sqs: _, close: __, ...queues } = harness.queues;
    const sqs = createServer(async (request, response) => {
      const isRenewed = String(request.headers.authorization).includes('Credential=RENEWED/');
      if (!isRenewed) return response.writeHead(400).end('{"__type":"ExpiredToken"}');
      const { host: _, ...headers } = request.headers as Record<string, string>;
      const forward = { method: 'POST', headers, body: await text(request) };
      return response.end(await (await fetch(url, forward)).text());
    });
    const account = await startAwsAccount();
    onTestFinished(account.close);
    const credentials = join(harness.root, 'credentials');
    const write = (key: string) =>
      writeFile(credentials, `[mine]\naws_access_key_id=${key}\naws_secret_access_key=any\n`);
    await write('OLD');
    const { child, ended } = startOps(['console', '--stack', 'prod', '--profile', 'mine'], {
      path: await pulumiWith({ ...stackOutputs, ...queues }),
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      AWS_ENDPOINT_URL_SQS: await serve(sqs),
      AWS_ENDPOINT_URL_LAMBDA: harness.lambda.url,
      AWS_ENDPOINT_URL: account.url,
    });
    onTestFinished(() => void child.kill());
    const printed = new Promise<string>((resolve) => child.stdout?.once('data', resolve));
    const { parts } = await openPage(/http:\S+/.exec(await printed)?.[0] ?? '');
    const identity = expect.stringContaining('deployer/jane');
    const stack = { region: 'eu-west-1', account: '123456789012', identity, sync: 'running' };
    await expect.poll(() => parts.stack).toEqual(stack);
    const expired = { text: 'Reading the queues failed: ExpiredToken.' };
    const next = expect.stringContaining('Log in to AWS');
    await expect.poll(() => parts.problems?.problems).toEqual([{ ...expired, next }]);
    await write('RENEWED');
    await expect.poll(() => parts.depths?.queues.length).toBe(4);
    await expect.poll(() => parts.problems?.problems).toEqual([]);
    expect(parts.health).toMatchObject({ state: 'good', text: 'no dead letters' });
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes a dry run for a quarter of an hour', () => {
    let now = 0;
    const { add, find } = createDryRuns(() => now);
    const token = add({} as Parameters<typeof add>[0]);
    now = 15 * 60_000 - 1;
    expect(find(token)).toEqual({});
    now += 1;
    expect(() => find(token)).toThrow('too old');
  });
});
