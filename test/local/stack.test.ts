import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import twilio from 'twilio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import { findWebhookSource } from '../../local/stack-description.ts';
import type { StackLogLine } from '../../local/stack-options.ts';
import { maxReceiveCount } from '../../shared/config/limits.ts';
import { expectedTries } from '../../shared/config/retry-policy.ts';
import { sendGenericWebhook, sendZendeskWebhook } from './send-webhook.ts';

const lines: StackLogLine[] = [];
const stacks: LocalStack[] = [];
const start = async (options: Parameters<typeof startLocalStack>[0] = {}) => {
  const stack = await startLocalStack({
    windowMs: 50,
    log: (line) => lines.push(line),
    ...options,
  });
  stacks.push(stack);
  return stack;
};
afterAll(() => Promise.all(stacks.map((stack) => stack.close())));

const twilioFor = ({ description }: LocalStack) => {
  const { accountSid, apiKey, apiSecret, workspaceSid, taskrouter } = description;
  const client = twilio(apiKey, apiSecret, { accountSid });
  client.taskrouter.baseUrl = taskrouter;
  return client.taskrouter.v1.workspaces(workspaceSid);
};

/** A Task that a worker has accepted. */
const acceptedTask = async (stack: LocalStack, attributes: object) => {
  const workspace = twilioFor(stack);
  const task = await workspace.tasks.create({ attributes: JSON.stringify(attributes) });
  const offer = await fetch(
    `${stack.description.taskrouter}/_emulator/Tasks/${task.sid}/Reservations`,
    {
      method: 'POST',
      body: JSON.stringify({ workerName: 'alice' }),
    },
  );
  const { sid } = (await offer.json()) as { sid: string };
  await workspace.tasks(task.sid).reservations(sid).update({ reservationStatus: 'accepted' });
  return task.sid;
};

const attributesOf = async (stack: LocalStack, taskSid: string) =>
  (await twilioFor(stack).tasks(taskSid).fetch()).attributes;

describe.each(['event-streams', 'callback'] as const)(
  'TaskRouter’s events, by %s',
  (taskEvents) => {
    it('bring its ticket to a Task that names one, and no webhook is needed', async () => {
      const stack = await start({ taskEvents });
      const task = await acceptedTask(stack, { zd_ticket_id: '4711' });
      await expect
        .poll(() => attributesOf(stack, task), { timeout: 10_000 })
        .toContain('"https://acme.zendesk.com/agent/tickets/4711"');
    });
  },
);

describe('the world', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await start({ taskEvents: 'off' });
  });

  it('brings a signed Zendesk webhook to the Task that names the ticket', async () => {
    const task = await acceptedTask(stack, {
      zd_ticket_id: '4711',
      conversations: { segment_link: 'https://recordings.example.com/1' },
    });
    const response = await sendZendeskWebhook(stack.description, '4711');
    expect(response.status).toBe(202);
    await expect
      .poll(() => attributesOf(stack, task), { timeout: 10_000 })
      .toContain('"https://acme.zendesk.com/agent/tickets/4711"');
  });

  it('brings a generic webhook to the Task that names the ticket', async () => {
    const task = await acceptedTask(stack, { ticket_id: 'A-1' });
    expect((await sendGenericWebhook(stack.description, 'A-1')).status).toBe(202);
    await expect
      .poll(() => attributesOf(stack, task), { timeout: 10_000 })
      .toContain('"https://tickets.example.com/A-1"');
  });

  it('turns a webhook with a wrong signature away', async () => {
    expect((await sendZendeskWebhook(stack.description, '1', 'another secret')).status).toBe(401);
  });

  it('answers what is no webhook as the function does', async () => {
    const { webhooks } = stack.description;
    expect((await fetch(`${webhooks}/elsewhere`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${webhooks}/webhooks/zendesk`)).status).toBe(405);
  });

  it('tells what each webhook and message came to', () => {
    const outcomes = lines.map(({ from, text }) => {
      const { outcome, ticket, tickets } = JSON.parse(text);
      return [from, outcome, ticket ?? tickets?.[0]];
    });
    expect(outcomes).toContainEqual(['crm-change', 'accepted', 'zendesk/4711']);
    expect(outcomes).toContainEqual(['sync', 'linked', 'zendesk/4711']);
    expect(outcomes).toContainEqual(['sync', 'linked', 'generic/A-1']);
  });

  it('has queues with the attributes of the deployed ones', async () => {
    const { sqs: endpoint, queueUrl: QueueUrl, deadLetterQueueUrl, region } = stack.description;
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const sqs = new SQSClient({ endpoint, region, credentials });
    const attributes = async (url: string) =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })))
        .Attributes;
    const queue = await attributes(QueueUrl);
    const deadLetters = await attributes(deadLetterQueueUrl);
    expect(queue).toMatchObject({ VisibilityTimeout: '180', MessageRetentionPeriod: '345600' });
    expect(deadLetters).toMatchObject({ MessageRetentionPeriod: '1209600' });
    expect(JSON.parse(queue?.RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: deadLetters?.QueueArn,
      maxReceiveCount: maxReceiveCount(expectedTries, 180),
    });
    sqs.destroy();
  });

  it.each([
    ['the endpoint and another region', true, 'eu-west-1'],
    ["the queue URL's own host", false, 'us-east-1'],
  ])('serves the AWS SDK that is given %s', async (_, withEndpoint, region) => {
    const { sqs: endpoint, deadLetterQueueUrl: QueueUrl } = stack.description;
    const sqs = new SQSClient({
      ...(withEndpoint && { endpoint }),
      region,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      logger: { warn: () => {}, debug: () => {}, info: () => {}, error: () => {} },
    });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a body' }));
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60 }));
    expect(received.Messages?.map(({ Body }) => Body)).toEqual(['a body']);
    sqs.destroy();
  });

  it('names its queues by URLs that work, whoever asks', async () => {
    const {
      sqs: endpoint,
      queueUrl,
      deadLetterQueueUrl,
      eventDeadLetterQueueUrl,
      region,
    } = stack.description;
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const sqs = new SQSClient({ endpoint, region, credentials });
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'changes' }));
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({}));
    expect(QueueUrl).toBe(queueUrl);
    expect(QueueUrls).toEqual([queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl]);
    sqs.destroy();
  });

  it('keeps an event that the function fails on to the last, as it came', async () => {
    const { eventBridge, eventDeadLetterQueueUrl: QueueUrl, region } = stack.description;
    const source = stack.description.sources['salesforce'];
    if (source?.transport !== 'event-bus') throw new Error('salesforce comes by events');
    const detail = { payload: { ChangeEventHeader: { entityName: 'Case', changeType: 'UPDATE' } } };
    const response = await fetch(eventBridge, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSEvents.PutEvents' },
      body: JSON.stringify({
        Entries: [
          {
            Source: source.partnerEventSource,
            DetailType: source.detailType,
            Detail: JSON.stringify(detail),
          },
        ],
      }),
    });
    expect(await response.json()).toMatchObject({ FailedEntryCount: 0 });
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const sqs = new SQSClient({ endpoint: stack.description.sqs, region, credentials });
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds: 15,
        MessageAttributeNames: ['All'],
      }),
    );
    expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
      source: source.partnerEventSource,
      'detail-type': source.detailType,
      detail,
    });
    expect(Messages[0]?.MessageAttributes?.['ErrorMessage']?.StringValue).toBe(
      'HttpError: The body does not match the expected schema',
    );
    sqs.destroy();
  }, 20_000);

  it('takes the secrets that it is given, and has new ones otherwise', async () => {
    const other = await start({ secrets: { zendesk: 'a secret of sixteen' } });
    expect(findWebhookSource(other.description, 'zendesk').secret).toBe('a secret of sixteen');
    expect((await sendZendeskWebhook(other.description, '1')).status).toBe(202);
    expect(findWebhookSource(other.description, 'generic').secret).not.toBe(
      findWebhookSource(stack.description, 'generic').secret,
    );
    expect(findWebhookSource(other.description, 'generic').secret).toMatch(
      /^whsec_[A-Za-z0-9+/]{43}=$/,
    );
  });
});

describe('a world that ends', () => {
  const isUp = (url: string) =>
    fetch(url).then(
      () => true,
      () => false,
    );
  const urls = ({ description }: LocalStack) => [
    description.webhooks,
    description.taskrouter,
    description.sqs,
  ];

  it('is gone within two seconds or so, even while a call to Twilio hangs', async () => {
    const stack = await start({ emulatorSettings: { latencyMs: 60_000 } });
    await sendZendeskWebhook(stack.description, '1');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = Date.now();
    await stack.close();
    expect(Date.now() - before).toBeLessThan(3500);
    expect(await Promise.all(urls(stack).map(isUp))).toEqual([false, false, false]);
  });

  it('that cannot start leaves nothing behind', async () => {
    const first = await start();
    const ports = { webhooks: Number(new URL(first.description.webhooks).port) };
    const free = await start();
    await free.close();
    const [, taskrouter = '', sqs = ''] = urls(free);
    const wanted = { taskrouter: Number(new URL(taskrouter).port), sqs: Number(new URL(sqs).port) };
    await expect(start({ ports: { ...wanted, ...ports } })).rejects.toThrow('is taken');
    expect(await Promise.all([taskrouter, sqs].map(isUp))).toEqual([false, false]);
  });

  it('does not start with a function that cannot load, and says which', async () => {
    const sync = { NODE_OPTIONS: '--no-such-option' };
    await expect(start({ environment: { sync } })).rejects.toThrow('sync does not load');
  });
});

describe('a world that is not spared', () => {
  it('has its door closed and opened again on the same port, with functions that work', async () => {
    const stack = await start({ taskEvents: 'off', webhookConcurrency: 1 });
    const task = await acceptedTask(stack, { zd_ticket_id: '4712' });
    await stack.webhooks.stop();
    await expect(sendZendeskWebhook(stack.description, '4712')).rejects.toThrow('fetch failed');
    await stack.webhooks.start();
    expect((await sendZendeskWebhook(stack.description, '4712')).status).toBe(202);
    await expect
      .poll(() => attributesOf(stack, task), { timeout: 10_000 })
      .toContain('"https://acme.zendesk.com/agent/tickets/4712"');
  });

  it('has its sync killed with a batch, whose messages come back after their visibility timeout', async () => {
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
    await expect.poll(() => stack.crashSync()).toBe(true);
    await expect.poll(() => lines.map(({ text }) => text).join('\n')).toContain('signal: SIGKILL');
    await expect
      .poll(() => attributesOf(stack, task), { timeout: 10_000 })
      .toContain('"https://acme.zendesk.com/agent/tickets/4713"');
  });
});
