import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { commandRunner, failure } from '../command-line.ts';
import { oneOfEach } from './dead-letters.ts';
import { type DlqHarness, filled, startDlqHarness } from './dlq-harness.ts';

const file = ({ root }: DlqHarness) => join(root, 'purged.jsonl');

describe('dlq purge', () => {
  it('deletes nothing without a terminal', async () => {
    const harness = await filled();
    const ended = await harness.ops('dlq', 'purge');
    expect(ended).toMatchObject({ code: 3 });
    expect(ended.stdout).toContain(
      '7 dead letters about 5 tickets would be written to a file and deleted',
    );
    expect(ended.stdout).toContain('Nothing was deleted');
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it.each([
    ['7', 0, 0],
    ['yes', 3, 7],
    ['', 3, 7],
  ])('asks for the count; answered %j it exits with %d', async (answer, code, remaining) => {
    const harness = await filled();
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return answer;
    };
    const ops = commandRunner(harness.root, {}, { ask });
    expect(await ops('dlq', 'purge', '--file', file(harness))).toMatchObject({ code });
    expect(questions).toEqual([expect.stringContaining('Type 7')]);
    expect(await harness.receiveDeadLetters()).toHaveLength(remaining);
  });

  it('writes what it deletes to a file first, and deletes only what matches', async () => {
    const harness = await filled();
    const args = ['dlq', 'purge', '--reason', 'invalid-message', '--yes', '--file', file(harness)];
    expect(await harness.ops(...args)).toMatchObject({ code: 0 });
    const lines = (await readFile(file(harness), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { reason: 'invalid-message', body: '{"none": "of ours"}', tries: 1 },
    ]);
    expect(await harness.receiveDeadLetters()).toHaveLength(6);
  });

  it('writes a file that dlq restore puts back as it was, and no other file', async () => {
    const harness = await filled();
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const BinaryValue = new Uint8Array([1, 2]);
    const MessageAttributes = { blob: { DataType: 'Binary.png', BinaryValue } };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'odd', MessageAttributes }));
    await harness.ops('dlq', 'purge', '--yes', '--file', file(harness));
    const restore = (name: string) => harness.ops('dlq', 'restore', name, '--yes', '--json');
    const contents = async () =>
      (await harness.receiveDeadLetters())
        .map(({ Body, MessageAttributes: all = {} }) => [Body, ...Object.entries(all).sort()])
        .map((each) => JSON.stringify(each))
        .sort();
    expect(JSON.parse((await restore(file(harness))).stdout)).toMatchObject({ restored: 8 });
    const restored = await contents();
    expect(restored).toHaveLength(8);
    expect(restored.join()).toContain('Binary.png');
    const other = await restore(join(harness.root, '.local-stack.json'));
    expect(other).toMatchObject(failure('Line 1 of'));
  });

  it('does not overwrite a file', async () => {
    const harness = await filled();
    const existing = join(harness.root, '.local-stack.json');
    const ended = await harness.ops('dlq', 'purge', '--yes', '--file', existing);
    expect(ended).toMatchObject(failure('could not be created (EEXIST). Nothing was deleted.'));
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });
});

describe.each([['replay'], ['purge']])('dlq %s', (command) => {
  it('does not say that there is nothing to do if all are in flight', async () => {
    const harness = await startDlqHarness({ timeFactor: 1 });
    await harness.sendDeadLetters(oneOfEach());
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const said = failure('No visible dead letter matches. 7 are in flight: run this again');
    expect(await harness.ops('dlq', command)).toMatchObject(said);
  });
});
