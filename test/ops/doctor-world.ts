import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished } from 'vitest';
import * as z from 'zod';
import { startQueues } from '../../local/aws/queues.ts';
import { startSecrets } from '../../local/aws/secrets.ts';
import { startTwin, type TwinOptions } from '../../local/twin/twin.ts';
import { jsonText } from '../../shared/runtime/json-text.ts';
import { account, type Ended, facts, folder, runIn, writeWorld } from './command-line.ts';

export const authToken = '0123456789abcdef0123456789abcdef';
export const signingSecret = 'what-zendesk-signs-with';

const Document = jsonText(
  z.object({
    about: z.string(),
    findings: z.array(
      z.strictObject({
        check: z.string(),
        about: z.string(),
        state: z.enum(['ok', 'warning', 'bad', 'unknown']),
        finding: z.string(),
        next: z.string().optional(),
      }),
    ),
    counts: z.record(z.string(), z.number()),
  }),
);
type Found = z.output<typeof Document>['findings'][number];

/** What `doctor --json` found, by what it is about; nothing of it tells a secret. */
export const findingsIn = ({ stdout }: Ended): Readonly<Record<string, Found>> => {
  const secrets = [account.apiSecret, authToken, signingSecret];
  for (const secret of secrets) expect(stdout).not.toContain(secret);
  const { findings } = Document.parse(stdout);
  for (const { state, next } of findings) expect(next === undefined).toBe(state === 'ok');
  return Object.fromEntries(findings.map((found) => [found.about, found]));
};

/** The abouts of what is not ok, with their states. */
export const notOk = (findings: Readonly<Record<string, Found>>): Record<string, string> =>
  Object.fromEntries(
    Object.values(findings)
      .filter(({ state }) => state !== 'ok')
      .map(({ about, state }) => [about, state]),
  );

/** Queues, and how a message gets into one. */
export const localQueues = async () => {
  const queues = await startQueues({
    queue: 'changes',
    deadLetterQueue: 'changes-dead-letters',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds: 30,
    maxReceiveCount: 3,
  });
  onTestFinished(() => queues.close());
  return {
    ...queues,
    fill: (QueueUrl: string, MessageBody = 'of no concern') =>
      queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
  };
};

/** The secrets of a deployment; a test may change what is stored. */
export const localSecrets = async () => {
  const { accountSid, apiKey, apiSecret } = account;
  const stored: Record<string, string> = {
    [facts.secrets.twilio]: JSON.stringify({ accountSid, apiKey, apiSecret }),
    [facts.secrets.authToken]: authToken,
    [facts.secrets.sources.zendesk]: signingSecret,
  };
  const { url, close } = await startSecrets(stored);
  onTestFinished(close);
  return { url, stored };
};

/** What a doctor looks at in the embedded world, and command lines about it. */
export const doctorWorld = async (twinOptions: Partial<TwinOptions> = {}) => {
  const twin = await startTwin({ ...account, authToken, ...twinOptions });
  onTestFinished(() => twin.close());
  const queues = await localQueues();
  const secrets = await localSecrets();
  const { queueUrl, deadLetterQueueUrl, eventDeadLetterQueueUrl } = queues;
  const description = {
    taskrouter: twin.url,
    sqs: queues.url,
    secretsManager: secrets.url,
    queueUrl,
    deadLetterQueueUrl,
    eventDeadLetterQueueUrl,
  };
  const root = await folder();
  const describeAs = (change: object) => writeWorld(root, { ...description, ...change });
  await describeAs({});
  return { twin, queues, secrets, root, describeAs, ops: runIn(root) };
};
