import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createFlexClient } from '../../local/demo/flex.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import type { LocalStackOptions, StackLogLine } from '../../local/stack-options.ts';
import { maxReceiveCount } from '../../shared/config/limits.ts';
import { sendZendeskWebhook } from './send-webhook.ts';
import { isUp, onceAtEnd } from './serve.ts';

const lines: StackLogLine[] = [];

const open = (options: LocalStackOptions = {}) =>
  startLocalStack({ windowMs: 50, log: (line) => lines.push(line), ...options });

/** A stack for one test. */
const start = async (options?: LocalStackOptions) => {
  const stack = await open(options);
  return { ...stack, close: onceAtEnd(stack.close) };
};

/** A Task that a worker has accepted. */
const acceptedTask = async ({ description }: LocalStack, attributes: object) => {
  const flex = createFlexClient(description);
  const task = await flex.createTask(attributes);
  await flex.accept(task, 'alice');
  return { attributes: () => flex.attributesOf(task) };
};

const clientConfig = {
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  logger: { warn: () => {}, debug: () => {}, info: () => {}, error: () => {} },
};

const linkOf = (ticket: string) => `"https://acme.zendesk.com/agent/tickets/${ticket}"`;

describe('the local stack', () => {
  let stack: LocalStack;
  let sqs: SQSClient;
  beforeAll(async () => {
    stack = await open({ taskEvents: 'callback' });
    const { sqs: endpoint, region } = stack.description;
    sqs = new SQSClient({ ...clientConfig, endpoint, region });
  });
  afterAll(async () => {
    sqs.destroy();
    await stack.close();
  });

  it('links the ticket of a Task after an event callback, without a webhook', async () => {
    const task = await acceptedTask(stack, { zd_ticket_id: '4711' });
    await expect.poll(task.attributes).toContain(linkOf('4711'));
  });

  it('has queues with the attributes of the deployed ones', async () => {
    const { queueUrls, deadLetterQueueUrl } = stack.description;
    const attributes = async (QueueUrl: string) =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })))
        .Attributes;
    const deadLetterQueue = await attributes(deadLetterQueueUrl);
    expect(deadLetterQueue).toMatchObject({ MessageRetentionPeriod: '1209600' });
    for (const queue of await Promise.all(Object.values(queueUrls).map(attributes))) {
      expect(queue).toMatchObject({ VisibilityTimeout: '180', MessageRetentionPeriod: '345600' });
      expect(JSON.parse(queue?.RedrivePolicy ?? '')).toEqual({
        deadLetterTargetArn: deadLetterQueue?.QueueArn,
        maxReceiveCount: maxReceiveCount(180),
      });
    }
  });

  it.each([
    ['the endpoint and another region', true, 'eu-west-1'],
    ["the queue URL's own host", false, 'us-east-1'],
  ])('serves an AWS SDK that uses %s', async (_, withEndpoint, region) => {
    const { sqs: endpoint, deadLetterQueueUrl: QueueUrl } = stack.description;
    const client = new SQSClient({ ...clientConfig, region, ...(withEndpoint && { endpoint }) });
    onTestFinished(() => client.destroy());
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a body' }));
    const receive = new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60 });
    const received = await client.send(receive);
    expect(received.Messages?.map(({ Body }) => Body)).toEqual(['a body']);
  });

  it('gives queue URLs that work for every client', async () => {
    const { queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl } = stack.description;
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'changes' }));
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({}));
    expect(QueueUrl).toBe(queueUrls.changes);
    const all = [...Object.values(queueUrls), deadLetterQueueUrl, eventDeadLetterQueueUrl];
    expect(QueueUrls?.toSorted()).toEqual(all.sort());
  });

  it('keeps an event that the function always fails on, unchanged', async () => {
    const { eventBridge, eventDeadLetterQueueUrl: QueueUrl, sources } = stack.description;
    const source = sources['salesforce'];
    if (source?.transport !== 'event-bus') throw new Error('salesforce sends events');
    const detail = { payload: { ChangeEventHeader: { entityName: 'Case', changeType: 'UPDATE' } } };
    const event = { Source: source.partnerEventSource, DetailType: source.detailType };
    const response = await fetch(eventBridge, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSEvents.PutEvents' },
      body: JSON.stringify({ Entries: [{ ...event, Detail: JSON.stringify(detail) }] }),
    });
    expect(await response.json()).toMatchObject({ FailedEntryCount: 0 });
    const receive = async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ['All'] }),
      );
      return Messages.map(({ Body = '', MessageAttributes }) => ({
        event: JSON.parse(Body),
        error: MessageAttributes?.['ErrorMessage']?.StringValue,
      }));
    };
    await expect.poll(receive).toEqual([
      {
        event: expect.objectContaining({
          source: source.partnerEventSource,
          'detail-type': source.detailType,
          detail,
        }),
        error: expect.stringContaining('The body '),
      },
    ]);
  });
});

const urls = ({ description }: LocalStack) => [
  description.webhooks,
  description.taskrouter,
  description.sqs,
];

describe('a local stack that is closed', () => {
  it('does not wait for a call to Twilio that hangs', async () => {
    const stack = await start({ emulatorSettings: { latencyMs: 60_000 } });
    const flex = createFlexClient(stack.description);
    await sendZendeskWebhook(stack.description, '1');
    await expect.poll(async () => (await flex.stats()).calls['evaluate']).toBeGreaterThan(0);
    await stack.close();
    expect(await Promise.all(urls(stack).map(isUp))).toEqual([false, false, false]);
  });

  it('leaves nothing behind when it could not start', async () => {
    const first = await start();
    const free = await start();
    await free.close();
    const portOf = (url: string) => Number(new URL(url).port);
    const { taskrouter, sqs } = free.description;
    const ports = { taskrouter: portOf(taskrouter), sqs: portOf(sqs) };
    const webhooks = portOf(first.description.webhooks);
    await expect(start({ ports: { ...ports, webhooks } })).rejects.toThrow('is already in use');
    expect(await Promise.all([taskrouter, sqs].map(isUp))).toEqual([false, false]);
  });

  it('does not start with a function that cannot load, and names it', async () => {
    const sync = { NODE_OPTIONS: '--no-such-option' };
    await expect(start({ environment: { sync } })).rejects.toThrow('sync does not load');
  });
});

describe('faults of the local stack', () => {
  it('restarts its webhooks on the same port, with functions that work', async () => {
    const stack = await start({ taskEvents: 'off', webhookConcurrency: 1 });
    const task = await acceptedTask(stack, { zd_ticket_id: '4712' });
    await stack.webhooks.stop();
    await expect(sendZendeskWebhook(stack.description, '4712')).rejects.toThrow('fetch failed');
    await stack.webhooks.start();
    expect((await sendZendeskWebhook(stack.description, '4712')).status).toBe(202);
    await expect.poll(task.attributes).toContain(linkOf('4712'));
  });

  it('kills a sync with a batch, whose messages come back after their visibility timeout', async () => {
    const stack = await start({
      taskEvents: 'off',
      syncRunsIn: 'process',
      syncTimeoutSeconds: 10,
      timeFactor: 60,
      emulatorSettings: { latencyMs: 300 },
    });
    const task = await acceptedTask(stack, { zd_ticket_id: '4713' });
    expect(stack.crashSync()).toBe(false);
    await sendZendeskWebhook(stack.description, '4713');
    await expect.poll(() => stack.crashSync(), { interval: 5 }).toBe(true);
    await expect.poll(() => lines.map(({ text }) => text).join('\n')).toContain('signal: SIGKILL');
    await expect.poll(task.attributes).toContain(linkOf('4713'));
  });
});
