import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { countText, printDeadLetters, toListItem } from '../../../ops/dlq/print.ts';
import { describeReason } from '../../../ops/dlq/queue.ts';
import { createSummary } from '../../../ops/dlq/summary.ts';
import { failure } from '../command-line.ts';
import { oneOfEach } from './dead-letters.ts';
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
      tickets: 5,
      ticketsAtLeast: false,
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
    const { stdout: text } = await harness.ops('dlq', 'list', '--each', '--by', 'ticket');
    expect(text).toMatch(/taskrouter-unavailable +2 +█+/);
    expect(text).toMatch(/attributes-full +zendesk\/3 +1 try/);
    expect(text).toMatch(/By ticket\n {2}jira\/SUP-4 +1 {2}█+/);
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
    [['--reason', 'twilio-bad-request'], 0],
  ])('counts only what matches %j', async (filter, count) => {
    const { stdout } = await harness.ops('dlq', 'list', '--json', ...filter);
    expect(JSON.parse(stdout)).toMatchObject({ total: count });
  });

  it.each([
    [['--reason', 'unauthorised'], 'Reasons: taskrouter-unavailable, '],
    [['--source', 'zendsk'], 'Sources: zendesk, jira'],
    [['--queue', 'events', '--ticket', 'zendesk/1'], 'no --ticket'],
  ])('refuses %j, which would match nothing for ever', async (filter, text) => {
    const { code, stdout, stderr } = await harness.ops('dlq', 'list', ...filter);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
  });

  it('has made all of them visible again', async () => {
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });
});

describe('dlq list', () => {
  it('says what to do if AWS does not answer, or the local stack has ended', async () => {
    const harness = await startDlqHarness({ sqs: 'http://127.0.0.1:9' });
    const said = failure(/^Reading the dead letters failed: ECONNREFUSED\..*\nTry again/);
    expect(await harness.ops('dlq', 'list')).toMatchObject(said);
    const gone = await startDlqHarness({ taskrouter: 'http://127.0.0.1:9' });
    expect((await gone.ops('dlq', 'list', '--local')).stderr).toContain('is not running');
  });

  it('counts apart those that another command received', async () => {
    const harness = await startDlqHarness({ timeFactor: 1 });
    await harness.sendDeadLetters(oneOfEach());
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 3 }));
    const { stdout } = await harness.ops('dlq', 'list');
    expect(stdout).toMatch(
      /the local stack: 4 dead letters about \d tickets\n! 3 more are in flight/,
    );
  });

  it('describes every reason', () => {
    const reasons = oneOfEach().map(({ reason }) => reason ?? 'sync-did-not-finish');
    for (const reason of reasons) expect(describeReason(reason), reason).toBeTypeOf('string');
  });

  it('ignores an invalid attribute, and reads the others', async () => {
    const harness = await startDlqHarness();
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    const attributes = { reason: text('crashed'), tries: text('many'), source: text('jira') };
    const MessageAttributes = attributes;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'odd', MessageAttributes }));
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    expect(JSON.parse(stdout).deadLetters).toMatchObject([{ reason: 'crashed', source: 'jira' }]);
  });

  it('tells 50,000 tickets apart, and says that there may be more', () => {
    const summary = createSummary(0);
    const add = (id: number) =>
      summary.add({ ...readDeadLetter({ MessageId: 'a' }), ticket: `zendesk/${id}` });
    for (let id = 0; id < 100_000; id += 1) add(id % 50_000);
    expect(summary.result()).toMatchObject({ tickets: 50_000, ticketsAtLeast: false });
    add(50_000);
    const result = summary.result();
    expect(result).toMatchObject({ total: 100_001, tickets: 50_000, ticketsAtLeast: true });
    expect(countText(result, { one: 'dead letter', many: 'dead letters' })).toBe(
      '100001 dead letters about at least 50000 tickets',
    );
  });

  it('prints a line for each of 200,000', () => {
    const item = toListItem(readDeadLetter({ MessageId: 'a', Body: 'odd' }));
    const lines = printDeadLetters(Array<typeof item>(200_000).fill(item), 0);
    expect(lines.split('\n')).toHaveLength(200_001);
  });

  it('says that there are none', async () => {
    const harness = await startDlqHarness();
    const stdout = 'Dead letters, the local stack: none\n';
    expect(await harness.ops('dlq', 'list')).toMatchObject({ code: 0, stdout });
  });
});
