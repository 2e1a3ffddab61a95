import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { crm as hubspot } from '../../fixtures/hubspot/crm.ts';
import { bundle, bundleFile } from '../../infra/bundle/bundle.ts';
import { startSecretsManager } from '../../local/aws/services.ts';
import { apiGatewayEvent } from '../http/webhook.ts';
import { account } from '../local/taskrouter/client.ts';
import { linkConfigs, ticketChange } from '../sync/messages.ts';
import { startSyncHarness } from '../sync/sync-harness.ts';

/** What the way between does with a packet of a connection that it has forgotten. */
type Forgotten = 'a reset' | 'no answer';

/** A way to SQS that can forget all of its connections without a word to either side, as a NAT gateway does. */
const startGateway = async (target: string, forgotten: Forgotten) => {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    open.add(client);
    client.on('data', (packet) => {
      if (open.has(client)) upstream.write(packet);
      else if (forgotten === 'a reset') client.resetAndDestroy();
    });
    upstream.on('data', (packet) => client.write(packet));
    for (const end of [client, upstream]) end.on('error', () => {});
    client.on('close', () => upstream.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const forgetAll = () => {
    const count = open.size;
    open.clear();
    return count;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, forgetAll };
};

/** A bundled function in a process of its own; Lambda freezes it between two invocations. */
const startFunction = async (path: string, env: Record<string, string>) => {
  const worker = new URL('../../local/aws/function-worker.ts', import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), 'frozen-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, bundleFile);
  writeFileSync(file, bundle(`lambdas/${path}/handler.ts`).code);
  const child: ChildProcess = fork(worker, [pathToFileURL(file).href], {
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const replies = on(child, 'message');
  const reply = async () => (await replies.next()).value?.[0];
  expect(await reply()).toEqual({ kind: 'ready' });
  return {
    invoke: async (event: unknown) => {
      child.send({ id: 'any', event: JSON.stringify(event), timeoutMs: 30_000 });
      return JSON.parse((await reply()).result);
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
};

const idsOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const hubSecret = 'a client secret of an app';

it.each<[string, Forgotten]>([
  ['crm-change', 'a reset'],
  ['crm-change', 'no answer'],
  ['sync', 'a reset'],
  ['sync', 'no answer'],
])('%s loses nothing if its connections died while it slept, with %s', async (path, forgotten) => {
  const harness = await startSyncHarness();
  const { queueUrls, url } = harness.queues;
  const gateway = await startGateway(url, forgotten);
  const { workspaceSid, ...credentials } = account;
  const twilio = JSON.stringify(credentials);
  const secrets = await startSecretsManager({ hub: hubSecret, twilio });
  onTestFinished(secrets.close);
  const source = { kind: 'hubspot', ...hubspot.settings, secret: 'hub' };
  const { invoke, freeze, thaw } = await startFunction(path, {
    ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    ...{ AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull },
    ...{ AWS_ENDPOINT_URL_SQS: gateway.url, AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url },
    ...{ POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync', POWERTOOLS_SERVICE_NAME: path },
    QUEUE_URL: queueUrls.changes.replace(url, gateway.url),
    LOOKUP_QUEUE: 'changes',
    DEAD_LETTER_QUEUE: harness.queues.deadLetterQueueUrl,
    TWILIO_SECRET: 'twilio',
    WORKSPACE_SID: workspaceSid,
    TASKROUTER_URL: harness.emulator.url,
    SOURCES: JSON.stringify(path === 'sync' ? linkConfigs : { hub: source }),
  });

  const webhook = (from: number, to: number) => {
    const events = idsOf(from, to).map((objectId) => ({
      ...{ portalId: 62515, subscriptionType: 'ticket.creation', occurredAt: Date.now() },
      objectId: Number(objectId),
    }));
    const body = JSON.stringify(events);
    const signing = { body: Buffer.from(body), secret: hubSecret, now: Date.now() };
    const { headers } = hubspot.sign({ ...signing, url: 'https://api.example.com/webhooks/hub' });
    return apiGatewayEvent(body, { path: '/webhooks/hub', headers });
  };
  /** Changes without a conversation: a copy of each is sent to the queue. */
  const batch = (from: number, to: number) => ({
    Records: idsOf(from, to).map((id) => {
      const attribute = { name: 'zd_ticket_id', value: id };
      return {
        messageId: id,
        body: JSON.stringify(ticketChange(id, { attribute })),
        attributes: { SentTimestamp: `${Date.now()}`, ApproximateReceiveCount: '1' },
        messageAttributes: {},
      };
    }),
  });
  const [event, success] =
    path === 'sync' ? [batch, { batchItemFailures: [] }] : [webhook, { statusCode: 202 }];

  expect(await invoke(event(1, 100))).toMatchObject(success);
  // A request that takes one connection: if that is dead, and the next one too, it fails.
  freeze();
  expect(gateway.forgetAll()).toBeGreaterThan(3);
  thaw();
  expect(await invoke(event(101, 105))).toMatchObject(success);
  const { ready, delayed } = await harness.inspect();
  const tickets = new Set(delayed.map(({ body }) => JSON.parse(body).change.ticket));
  expect(path === 'sync' ? tickets.size : ready).toBe(105);
});
