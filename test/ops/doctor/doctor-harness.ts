import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished } from 'vitest';
import * as z from 'zod';
import {
  startCloudWatchLogs,
  startLambdaApi,
  startSecretsManager,
} from '../../../local/aws/services.ts';
import { startSqs } from '../../../local/aws/sqs.ts';
import {
  type EmulatorOptions,
  startTaskRouterEmulator,
} from '../../../local/taskrouter/emulator.ts';
import { jsonText } from '../../../shared/json.ts';
import {
  account,
  type CommandResult,
  commandRunner,
  deploymentFacts,
  temporaryFolder,
  twilioClient,
  writeStateFile,
} from '../command-line.ts';

export const authToken = '0123456789abcdef0123456789abcdef';
const signingSecret = 'what-zendesk-signs-with';

const Document = jsonText(
  z.object({
    about: z.string(),
    findings: z.array(
      z.strictObject({
        check: z.string(),
        about: z.string(),
        state: z.enum(['ok', 'warning', 'failed', 'unknown']),
        finding: z.string(),
        next: z.string().optional(),
      }),
    ),
    counts: z.record(z.string(), z.number()),
  }),
);
type FindingJson = z.output<typeof Document>['findings'][number];

/** The findings of `doctor --json`, by what they are about. Checks that they hold no secret. */
export const parseFindings = ({ stdout }: CommandResult): Readonly<Record<string, FindingJson>> => {
  const secrets = [account.apiSecret, authToken, signingSecret];
  for (const secret of secrets) expect(stdout).not.toContain(secret);
  const { findings } = Document.parse(stdout);
  for (const { state, next } of findings) expect(next === undefined).toBe(state === 'ok');
  return Object.fromEntries(findings.map((found) => [found.about, found]));
};

/** A finding in this state; its text and its next step hold these words. */
export const finds = (
  state: string | undefined,
  finding: string | RegExp = '',
  next?: string | RegExp,
) => {
  const holding = (words: string | RegExp) =>
    typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words);
  return { state, finding: holding(finding), ...(next !== undefined && { next: holding(next) }) };
};

/** The states of the findings that are not ok. */
export const statesNotOk = (
  findings: Readonly<Record<string, FindingJson>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.values(findings)
      .filter(({ state }) => state !== 'ok')
      .map(({ about, state }) => [about, state]),
  );

/** Starts queues, and sends messages to them. */
const startLocalQueues = async () => {
  const queues = await startSqs({
    queues: ['changes', 'lookups'],
    deadLetterQueue: 'dead-letters',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds: 30,
    maxReceiveCount: 3,
  });
  onTestFinished(() => queues.close());
  return {
    ...queues,
    sendMessage: (QueueUrl: string, MessageBody = 'any') =>
      queues.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
  };
};

/** Starts Secrets Manager with the secrets of a deployment; a test may change them. */
const startLocalSecrets = async () => {
  const { accountSid, apiKey, apiSecret } = account;
  const stored: Record<string, string> = {
    [deploymentFacts.secrets.twilio]: JSON.stringify({ accountSid, apiKey, apiSecret }),
    [deploymentFacts.secrets.authToken]: authToken,
    [deploymentFacts.secrets.sources.zendesk]: signingSecret,
  };
  const { url, close } = await startSecretsManager(stored);
  onTestFinished(close);
  return { url, stored };
};

/** Starts CloudWatch Logs with the log groups of a deployment; `log` adds a line as the functions write it. */
const startLocalLogs = async () => {
  const logs = await startCloudWatchLogs();
  onTestFinished(logs.close);
  const { crmChangeLogGroup, taskEventLogGroup, syncLogGroup } = deploymentFacts;
  const write = {
    'crm-change': logs.createLogGroup(crmChangeLogGroup),
    'task-event': logs.createLogGroup(taskEventLogGroup),
    sync: logs.createLogGroup(syncLogGroup),
  };
  const log = (part: keyof typeof write, line: object, level = 'WARN') =>
    write[part](JSON.stringify({ level, ...line }));
  return { url: logs.url, log };
};

/** Starts Lambda with running event sources. */
const startLocalLambda = async () => {
  const mappings = ['changes', 'lookups'].map((queue) => ({
    uuid: queue,
    queueArn: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
    state: () => 'Enabled' as const,
    setEnabled: () => {},
  }));
  const { sync, crmChange } = deploymentFacts.functions;
  const invoked = { name: crmChange, invoke: async () => undefined };
  const lambda = await startLambdaApi(sync, mappings, invoked);
  onTestFinished(lambda.close);
  return lambda;
};

/** Starts what doctor checks of a local stack, and runs command lines about it. */
export const startDoctorHarness = async (emulatorOptions: Partial<EmulatorOptions> = {}) => {
  const emulator = await startTaskRouterEmulator({ ...account, authToken, ...emulatorOptions });
  onTestFinished(() => emulator.close());
  const queues = await startLocalQueues();
  const secrets = await startLocalSecrets();
  const logs = await startLocalLogs();
  const lambda = await startLocalLambda();
  const { queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl } = queues;
  const description = {
    taskrouter: emulator.url,
    sqs: queues.url,
    secretsManager: secrets.url,
    logs: logs.url,
    lambda: lambda.url,
    queueUrls,
    deadLetterQueueUrl,
    eventDeadLetterQueueUrl,
  };
  const root = await temporaryFolder();
  const writeDescription = (change: object) => writeStateFile(root, { ...description, ...change });
  await writeDescription({});
  const twilio = twilioClient(emulator.url);
  const ops = commandRunner(root);
  return { emulator, twilio, queues, secrets, logs, lambda, root, writeDescription, ops };
};
