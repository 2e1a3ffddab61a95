import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFlexClient } from '../../../local/demo/flex.ts';
import { startLocalStack } from '../../../local/stack.ts';
import type { Message } from '../../../shared/messages/message.ts';
import { ticketChange } from '../../sync/messages.ts';
import { commandRunner, temporaryFolder } from '../command-line.ts';

/** The whole embedded world, and command lines about it. */
const harness = async () => {
  const { description, close } = await startLocalStack({ windowMs: 50, taskEvents: 'off' });
  onTestFinished(close);
  const root = await temporaryFolder();
  await writeFile(join(root, '.world.json'), JSON.stringify(description));
  const { sqs: endpoint, region, deadLetterQueueUrl: QueueUrl } = description;
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  onTestFinished(() => sqs.destroy());
  return {
    ops: commandRunner(root),
    agents: createFlexClient(description),
    bury: (message: Message | string) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: typeof message === 'string' ? message : JSON.stringify(message),
        }),
      ),
  };
};

describe('dlq replay --wait', () => {
  it('follows the messages to what each has come to', async () => {
    const { ops, agents, bury } = await harness();
    const taskSid = await agents.createTask({});
    await agents.accept(taskSid, 'ada');
    for (const id of [1, 2, 3]) await bury(ticketChange(id, { taskSid }));
    await bury(ticketChange(4, { taskSid: `WT${'0'.repeat(32)}` }));
    await bury('{"none": "of ours"}');
    const { code, stdout } = await ops('dlq', 'replay', '--yes', '--wait', '20s', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: 5,
      outcomes: { linked: 3, expired: 1, 'dead again: invalid-message': 1 },
    });
    const again = await ops('dlq', 'replay', '--yes', '--wait', '20s');
    expect(again.stdout).toMatch(/What they have come to\n {2}dead again: invalid-message {2}1/);
  });

  it('follows a message that has to wait through its copies, and no longer than it may', async () => {
    const { ops, agents, bury } = await harness();
    const taskSid = await agents.createTask({});
    await bury(ticketChange(1, { taskSid }));
    const short = await ops('dlq', 'replay', '--yes', '--wait', '1s', '--json');
    expect(JSON.parse(short.stdout)).toMatchObject({ sent: 1, outcomes: { 'still open': 1 } });

    await bury(ticketChange(2, { taskSid }));
    const followed = ops('dlq', 'replay', '--yes', '--wait', '20s', '--json');
    setTimeout(() => void agents.accept(taskSid, 'ada'), 2500);
    expect(JSON.parse((await followed).stdout)).toMatchObject({ sent: 1, outcomes: { linked: 1 } });
  });
});
