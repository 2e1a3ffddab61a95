import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtime as pulumiRuntime } from '@pulumi/pulumi';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { crm as zendesk } from '../../fixtures/zendesk/crm.ts';
import { startSecretsManager } from '../../local/aws/services.ts';
import {
  allOf,
  filesOf,
  one,
  type Recording,
  recordResources,
} from '../../tools/engine/record-resources.ts';
import { invokeInRuntime } from '../../tools/lambda-runtime.ts';
import { apiGatewayEvent } from '../http/webhook.ts';
import { pulumiConfig, secrets, sources, twilio } from '../infra/settings.ts';
import { account } from '../local/taskrouter/client.ts';
import { startSyncHarness } from '../sync/sync-harness.ts';
import { authToken, byStream, url as eventsUrl, setUpLinkedTask } from '../task-event/webhook.ts';

const folder = mkdtempSync(join(tmpdir(), 'lambda-runtime-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The stored secrets of a stack, by the name and the ARN that its functions know them by. */
const secretsOf = (recording: Recording): Record<string, string> =>
  Object.fromEntries(
    allOf(recording, 'aws:secretsmanager/secretVersion:SecretVersion').flatMap(({ inputs }) => {
      const all = allOf(recording, 'aws:secretsmanager/secret:Secret');
      const secret = all.find(({ state }) => state['id'] === inputs['secretId']);
      const text = String(pulumiRuntime.unwrapRpcSecret(inputs['secretString']));
      return [secret?.state['name'], secret?.state['arn']].map((name) => [String(name), text]);
    }),
  );

const runtime = inject('lambdaRuntime');

describe.skipIf(runtime === null)('in the Node runtime of Lambda', () => {
  let stack: Recording;
  beforeAll(async () => {
    const settings = {
      sources: { zendesk: sources.zendesk },
      twilio: { ...twilio, ...account, authToken, taskEventsUrl: eventsUrl },
    };
    stack = await recordResources(() => import('../../infra/index.ts'), {
      config: pulumiConfig(settings, 'eu-west-1'),
    });
  });

  /** Invokes a function with its own environment; only the addresses of AWS and Twilio are local. */
  const invoke = async (part: string, event: unknown, addresses: Record<string, string>) => {
    const { inputs } = one(stack, 'aws:lambda/function:Function', part);
    const { variables } = Object(inputs['environment']);
    const { url, close } = await startSecretsManager(secretsOf(stack));
    onTestFinished(close);
    const environment = { ...variables, AWS_ENDPOINT_URL_SECRETS_MANAGER: url, ...addresses };
    const place = join(folder, part);
    return invokeInRuntime(
      runtime ?? '',
      place,
      await filesOf(inputs['code']),
      String(inputs['handler']),
      environment,
      event,
    );
  };

  it('a webhook puts a change into the queue, and sync links the ticket', async () => {
    const { createTask, queues, receive, urlsOf, emulator } = await startSyncHarness();
    const { url: sqsUrl, queueUrls, deadLetterQueueUrl } = queues;
    const addresses = {
      AWS_ENDPOINT_URL_SQS: sqsUrl,
      QUEUE_URL: queueUrls.changes,
      LOOKUP_QUEUE: 'changes',
      DEAD_LETTER_QUEUE: deadLetterQueueUrl,
      TASKROUTER_URL: emulator.url,
    };
    const task = await createTask({ zd_ticket_id: '4711' });

    const webhook = await invoke('-crm-change', webhookEvent('4711'), addresses);
    expect(webhook.result, webhook.output).toMatchObject({ statusCode: 202 });

    const sync = await invoke('-sync', await receive(), addresses);
    expect(sync.result, sync.output).toEqual({ batchItemFailures: [] });
    expect(await urlsOf(task)).toEqual(['https://acme.zendesk.com/agent/tickets/4711']);
    expect(sync.output).toContain('"Linked":1');
  });

  it('an event of TaskRouter is answered, and its Task put into the queue', async () => {
    const { queues, receive } = await startSyncHarness();
    const { accept, event } = setUpLinkedTask();
    accept('Ben');
    const { result, output } = await invoke(
      '-task-event',
      byStream(event('reservation.accepted')),
      { AWS_ENDPOINT_URL_SQS: queues.url, QUEUE_URL: queues.queueUrls.changes },
    );
    expect(result, output).toMatchObject({ statusCode: 204 });
    expect((await receive()).Records).toHaveLength(1);
  });

  it('a failure is reported with its name, and the file and line of the source', async () => {
    const { result } = await invoke('-sync', { Records: [] }, { WORKSPACE_SID: 'none' });
    expect(result).toMatchObject({
      error: {
        errorMessage: expect.stringContaining('WORKSPACE_SID'),
        trace: expect.arrayContaining([expect.stringContaining('shared/aws/function-input.ts')]),
      },
    });
  });
});

const webhookEvent = (ticketId: string): APIGatewayProxyEventV2 => {
  const updated_at = new Date().toISOString();
  const body = JSON.stringify({ schema: 'ticket-changed/1', ticket_id: ticketId, updated_at });
  const url = 'https://api.example.com/webhooks/zendesk';
  const input = { body: Buffer.from(body), secret: secrets.zendesk, url, now: Date.now() };
  const { headers } = zendesk.sign(input);
  return apiGatewayEvent(body, {
    path: '/webhooks/zendesk',
    headers: { 'content-type': 'application/json', ...headers },
  });
};
