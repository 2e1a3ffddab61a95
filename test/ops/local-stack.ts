import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createFlexClient } from '../../local/demo/flex.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { LocalStackOptions } from '../../local/stack-options.ts';
import type { Message } from '../../shared/messages/message.ts';
import { commandRunner } from './command-line.ts';

/** Starts a local stack, and runs command lines about it. The caller closes it. */
export async function openLocalStack(options: LocalStackOptions = {}) {
  const { description, close } = await startLocalStack({ windowMs: 50, ...options });
  const root = await mkdtemp(join(tmpdir(), 'local-stack-'));
  const state = JSON.stringify({ pid: process.pid, ...description });
  await writeFile(join(root, '.local-stack.json'), state);
  const { sqs: endpoint, region, deadLetterQueueUrl: QueueUrl } = description;
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  return {
    root,
    ops: commandRunner(root),
    description,
    flex: createFlexClient(description),
    sendDeadLetter: (message: Message | string) => {
      const MessageBody = typeof message === 'string' ? message : JSON.stringify(message);
      return sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
    close: async () => {
      sqs.destroy();
      await close();
      await rm(root, { recursive: true });
    },
  };
}
