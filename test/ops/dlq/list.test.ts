import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { describeReason, printDeadLetters } from '../../../ops/dlq/print.ts';
import { ticketChange } from '../../sync/messages.ts';
import { manyDeadLetters, oneOfEach, taskSid } from './dead-letters.ts';
import { type DlqHarness, openDlqHarness, startDlqHarness } from './dlq-harness.ts';

describe('dlq list of one dead letter of each kind', () => {
  let harness: DlqHarness;
  beforeAll(async () => {
    harness = await openDlqHarness();
    await harness.sendDeadLetters(oneOfEach());
  });
  afterAll(() => harness.close());

  it('counts by reason, source and age', async () => {
    const { code, stdout, stderr } = await harness.ops('dlq', 'list', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      deployment: 'the local stack',
      complete: true,
      inFlight: 0,
      notReturned: 0,
      total: 7,
      byReason: [
        { name: 'taskrouter-unavailable', count: 2 },
        { name: 'attributes-full', count: 1 },
        { name: 'crashed', count: 1 },
        { name: 'invalid-message', count: 1 },
        { name: 'sync-did-not-finish', count: 1 },
        { name: 'unauthorized', count: 1 },
      ],
      bySource: [
        { name: 'zendesk', count: 4 },
        { name: '(Tasks)', count: 1 },
        { name: '(unknown)', count: 1 },
        { name: 'jira', count: 1 },
      ],
      byAge: [
        { name: 'under 1 h', count: 4 },
        { name: '1 h to 6 h', count: 2 },
        { name: '1 d to 3 d', count: 1 },
      ],
    });
  });

  it('prints a line for each, without the content of unreadable ones', async () => {
    const { stdout: text } = await harness.ops('dlq', 'list', '--each');
    expect(text).toMatch(/taskrouter-unavailable +2 +█+/);
    expect(text).toMatch(/attributes-full +zendesk\/3 +1 try/);
    expect(text).toContain('unreadable');
    const { stdout: json } = await harness.ops('dlq', 'list', '--each', '--json');
    expect(JSON.parse(json).deadLetters).toHaveLength(7);
    expect(text + json).not.toContain('of ours');
  });

  it.each([
    [['--reason', 'taskrouter-unavailable'], 2],
    [['--reason', 'crashed', '--reason', 'unauthorized'], 2],
    [['--source', 'jira'], 1],
    [['--ticket', 'zendesk/2'], 1],
    [['--older-than', '1h'], 3],
    [['--older-than', '1h', '--newer-than', '1d'], 2],
    [['--source', 'zendesk', '--reason', 'sync-did-not-finish'], 1],
    [['--source', 'another'], 0],
  ])('counts only what matches %j', async (filter, count) => {
    const { stdout } = await harness.ops('dlq', 'list', '--json', ...filter);
    expect(JSON.parse(stdout)).toMatchObject({ total: count });
  });

  it('has made all of them visible again', async () => {
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });
});

describe('dlq list', () => {
  it('says what to do if AWS does not answer, or the local stack has ended', async () => {
    const harness = await startDlqHarness({ sqs: 'http://127.0.0.1:9' });
    const ended = await harness.ops('dlq', 'list');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^Reading the dead-letter queue failed: ECONNREFUSED\..*\nTry again/,
    );
    const gone = await startDlqHarness();
    await gone.queues.close();
    expect((await gone.ops('dlq', 'list', '--local')).stderr).toContain('is not running');
  });

  it('returns each of many exactly once', async () => {
    const deadLetters = manyDeadLetters(503);
    const harness = await startDlqHarness({ timeFactor: 1 });
    await harness.sendDeadLetters(deadLetters);
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    const listed = JSON.parse(stdout).deadLetters.map(({ ticket }: { ticket: string }) => ticket);
    expect(listed.toSorted()).toEqual(deadLetters.map((_, id) => `zendesk/${id}`).sort());
    expect(await harness.receiveDeadLetters()).toHaveLength(503);
  });

  it('counts apart those that another command received', async () => {
    const harness = await startDlqHarness({ timeFactor: 1 });
    await harness.sendDeadLetters(oneOfEach());
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 3 }));
    const { stdout } = await harness.ops('dlq', 'list');
    expect(stdout).toMatch(/the local stack: 4\n! 3 more are in flight/);
  });

  it('recognises what SQS itself moved', async () => {
    const harness = await startDlqHarness();
    const { sqs, queueUrl: QueueUrl } = harness.queues;
    const MessageBody = JSON.stringify(ticketChange(9, { taskSid }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    for (let receive = 0; receive < 3; receive += 1) {
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    }
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    expect(JSON.parse(stdout).deadLetters).toMatchObject([
      { reason: 'sync-did-not-finish', ticket: 'zendesk/9' },
    ]);
  });

  it('describes every reason', () => {
    const reasons = oneOfEach().map(({ reason }) => reason ?? 'sync-did-not-finish');
    for (const reason of reasons) expect(describeReason(reason), reason).toBeTypeOf('string');
  });

  it('ignores an invalid attribute, and reads the others', async () => {
    const harness = await startDlqHarness();
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    const MessageAttributes = {
      reason: text('crashed'),
      tries: text('many'),
      source: text('jira'),
    };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'odd', MessageAttributes }));
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    expect(JSON.parse(stdout).deadLetters).toMatchObject([{ reason: 'crashed', source: 'jira' }]);
  });

  it('prints a line for each of 200,000', () => {
    const deadLetter = readDeadLetter({ MessageId: 'a', Body: 'odd' });
    const lines = printDeadLetters(Array<typeof deadLetter>(200_000).fill(deadLetter), 0);
    expect(lines.split('\n')).toHaveLength(200_001);
  });

  it('says that there are none', async () => {
    const harness = await startDlqHarness();
    expect(await harness.ops('dlq', 'list')).toMatchObject({
      code: 0,
      stdout: 'Dead letters, the local stack: none\n',
    });
  });
});
