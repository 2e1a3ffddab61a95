import { join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failedEventCommand } from '../../../local/aws/event-bridge.ts';
import { ticketChange } from '../../sync/messages.ts';
import { failure } from '../command-line.ts';
import { openLocalStack } from '../local-stack.ts';

let harness: Awaited<ReturnType<typeof openLocalStack>>;
beforeAll(async () => {
  harness = await openLocalStack({ taskEvents: 'off' });
}, 120_000);
afterAll(() => harness.close());

/** Sends a dead letter of Lambda: an event of Salesforce that crm-change failed on. */
async function sendFailedEvent(detail: object): Promise<void> {
  const { sqs: endpoint, region, sources, eventDeadLetterQueueUrl } = harness.description;
  const source = sources['salesforce'];
  if (source?.transport !== 'event-bus') throw new Error('salesforce sends events');
  const type = { source: source.partnerEventSource, 'detail-type': source.detailType };
  const event = { id: 'e-1', time: new Date().toISOString(), ...type, detail };
  const error = new Error('invalid; detail.payload is missing');
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  await sqs.send(failedEventCommand(eventDeadLetterQueueUrl, event, error));
}

it('dlq --queue events lists, shows and replays events, and leaves what crm-change fails on', async () => {
  const { ops } = harness;
  await sendFailedEvent({ payload: { secret: 'Ada Lovelace' } });
  // crm-change ignores changes of other objects.
  const ChangeEventHeader = { entityName: 'Account', changeType: 'UPDATE' };
  await sendFailedEvent({ payload: { ChangeEventHeader } });
  const events = ['--queue', 'events'];
  const listed = await ops('dlq', 'list', '--each', '--json', ...events);
  const { byReason, deadLetters } = JSON.parse(listed.stdout);
  expect(byReason).toEqual([{ name: 'crm-change-failed', count: 2 }]);
  const shown = await ops('dlq', 'show', deadLetters[0].id, ...events);
  expect(shown.stdout).toContain('detail.payload is missing');
  expect(listed.stdout + shown.stdout).not.toContain('Lovelace');
  const replayed = await ops('dlq', 'replay', '--yes', '--json', ...events);
  expect(replayed.code).toBe(6);
  expect(JSON.parse(replayed.stdout)).toMatchObject({ sent: 1, failed: 1, remaining: 1 });
}, 180_000);

it('dlq --queue changes takes a message out and puts it back, only while sync is paused', async () => {
  const { ops, root, flex, sendDeadLetter } = harness;
  const running = await ops('dlq', 'list', '--queue', 'changes');
  expect(running).toMatchObject(failure('npm run ops -- sync pause --local --yes'));

  expect(await ops('sync', 'pause', '--yes')).toMatchObject({ code: 0 });
  const taskSid = await flex.createTask({});
  await flex.accept(taskSid, 'ada');
  await sendDeadLetter(ticketChange(7, { taskSid }));
  await ops('dlq', 'replay', '--yes');
  const file = join(root, 'taken-out.jsonl');
  const taken = await ops('dlq', 'purge', '--queue', 'changes', '--yes', '--file', file);
  expect(taken.stdout).toContain('1 deleted');
  expect((await ops('dlq', 'list', '--queue', 'changes')).stdout).toContain('none');
  await ops('sync', 'resume', '--yes');
  expect(await ops('dlq', 'restore', file)).toMatchObject({ code: 3 });
  expect((await ops('dlq', 'restore', file, '--yes')).stdout).toContain('1 of 1 message put back');
  const linked = async () => (await ops('explain', taskSid, '--json')).stdout;
  await expect.poll(linked, { timeout: 60_000 }).toContain('zendesk/7');
}, 180_000);

describe('dlq replay --wait', () => {
  it('follows the messages until each has an outcome', async () => {
    const { ops, flex, sendDeadLetter } = harness;
    const taskSid = await flex.createTask({});
    await flex.accept(taskSid, 'ada');
    for (const id of [1, 2, 3]) await sendDeadLetter(ticketChange(id, { taskSid }));
    await sendDeadLetter(ticketChange(4, { taskSid: `WT${'0'.repeat(32)}` }));
    await sendDeadLetter('{"none": "of ours"}');
    const { code, stdout } = await ops('dlq', 'replay', '--yes', '--wait', '2m', '--json');
    expect(code).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: 5,
      outcomes: { linked: 3, expired: 1, 'failed again: invalid-message': 1 },
    });
    const again = await ops('dlq', 'replay', '--yes', '--wait', '2m');
    expect(again.stdout).toMatch(/Outcomes\n {2}failed again: invalid-message {2}1/);
    await ops('dlq', 'purge', '--yes');
  }, 180_000);

  it('follows a message that waits for an agent, and no longer than it may', async () => {
    const { ops, flex, sendDeadLetter } = harness;
    const taskSid = await flex.createTask({});
    await sendDeadLetter(ticketChange(1, { taskSid }));
    const short = await ops('dlq', 'replay', '--yes', '--wait', '1s', '--json');
    expect(JSON.parse(short.stdout)).toMatchObject({
      sent: 1,
      outcomes: { 'pending: no agent has accepted the Task': 1 },
    });

    const reads = (await flex.stats()).calls.fetchTask;
    await sendDeadLetter(ticketChange(2, { taskSid }));
    const followed = ops('dlq', 'replay', '--yes', '--wait', '2m', '--json');
    // sync has read the Task now, so that the message waits.
    await expect.poll(async () => (await flex.stats()).calls.fetchTask).toBeGreaterThan(reads);
    await flex.accept(taskSid, 'ada');
    expect(JSON.parse((await followed).stdout)).toMatchObject({ sent: 1, outcomes: { linked: 1 } });
  }, 180_000);
});
