import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { readPayload } from '../fixtures/load.ts';
import { functionEntries } from '../infra/bundle/bundle.ts';
import { crmChangeEnvironment, secretNames } from '../local/functions.ts';
import { createLocalSources, type LocalSource } from '../local/sources.ts';
import {
  type Bench,
  type Effort,
  figuresOf,
  inTurn,
  median,
  type Part,
  ratioText,
  tableOf,
  text,
} from './frame/bench.ts';
import { project, type Surroundings, syncQueueUrls } from './rig/consumers.ts';
import { bundled, measureFresh, startInProcess } from './rig/functions.ts';
import { startRig } from './rig/rig.ts';

/** The CPU time of a request to crm-change. */
export const webhookBench: Bench = {
  name: 'webhook',
  description: 'CPU time of a warm request to the webhook, by source, and of a naive webhook',
  figures: ['webhookCpuRatio'],
  async *run(effort) {
    const sources = await createLocalSources({});
    const rig = await startRig(project(), {
      latencyMs: 0,
      instancesInProcess: 0,
      secrets: secretsOf(sources),
    });
    try {
      const names = sources.filter(isHttp).map(({ name }) => name);
      const stub = await measureStub(effort, rig.surroundings, sources, names);
      const whole = await measureWhole(effort, rig.surroundings, sources, names);
      yield* report(names, stub, whole);
    } finally {
      await rig.close();
    }
  },
};

function isHttp(source: LocalSource): source is LocalSource & { transport: 'http' } {
  return source.transport === 'http';
}

/** The signing secrets of the sources, by their names in Secrets Manager. */
export function secretsOf(sources: readonly LocalSource[]): Record<string, string> {
  return Object.fromEntries(
    sources.filter(isHttp).map(({ name, secret }) => [secretNames.source(name), secret]),
  );
}

/** A payload of a source with a current signature, as API Gateway sends it to the function. */
export function signedEvent(sources: readonly LocalSource[], name: string): APIGatewayProxyEventV2 {
  const found = sources.filter(isHttp).find((source) => source.name === name);
  if (found === undefined) throw new Error(`${name} is not a source that sends webhooks`);
  const { crm, kind, source, secret } = found;
  const now = Date.now();
  const payload = readPayload(kind, crm.story.steps[0]?.file ?? '');
  const body = crm.updateTimestamp?.(payload, now) ?? payload;
  const path = `/webhooks/${name}${source.takesPathToken ? `/${secret}` : ''}`;
  const signed = crm.sign({ body, secret, url: `https://hooks.example.com${path}`, now });
  const { pathname, search } = new URL(signed.url);
  const headers = Object.entries({ 'content-type': 'application/json', ...signed.headers });
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(headers.map(([key, value]) => [key.toLowerCase(), value])),
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'hooks.example.com',
      domainPrefix: 'hooks',
      http: {
        method: 'POST',
        path: pathname,
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.1',
        userAgent: 'bench',
      },
      requestId: 'bench',
      routeKey: '$default',
      stage: '$default',
      time: '08/Jan/2025:16:46:00 +0000',
      timeEpoch: now,
    },
    body: body.toString(),
    isBase64Encoded: false,
  };
}

export function crmChangeVariables(
  { sqs, secretsManager, queueUrls }: Surroundings,
  sources: readonly LocalSource[],
): Record<string, string> {
  return crmChangeEnvironment(
    { sqs, secretsManager, queueUrls: syncQueueUrls(queueUrls) },
    sources,
  );
}

/** The entry file of the naive webhook. */
export const naiveWebhook = 'bench/baselines/naive-webhook.ts';

export function naiveVariables(surroundings: Surroundings): Record<string, string> {
  const { account, taskrouter, sqs, secretsManager, queueUrls } = surroundings;
  return {
    POWERTOOLS_SERVICE_NAME: 'naive',
    POWERTOOLS_METRICS_NAMESPACE: 'naive',
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    QUEUE_URL: queueUrls['changes'] ?? '',
    ZENDESK_SECRET: secretNames.source('zendesk'),
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_API_KEY: account.apiKey,
    TWILIO_API_SECRET: account.apiSecret,
    WORKSPACE_SID: account.workspaceSid,
    TASKROUTER_URL: taskrouter,
  };
}

/** Microseconds for a request of each source, without the SDK's request to SQS and without log lines. */
async function measureStub(
  effort: Effort,
  surroundings: Surroundings,
  sources: readonly LocalSource[],
  names: readonly string[],
): Promise<readonly number[]> {
  const variables = crmChangeVariables(surroundings, sources);
  const { invoke, close } = await startInProcess(
    { entry: functionEntries.crmChange },
    variables,
    1,
  );
  const events = names.map((name) => signedEvent(sources, name));
  const { send } = SQSClient.prototype;
  try {
    // The first requests read the secrets, and check that each source gets a 2xx.
    for (const event of events) await invokeAccepted(invoke, event);
    SQSClient.prototype.send = acceptAll;
    const results = events.map((): number[] => []);
    const requests = effort.quick ? 250 : 400;
    for (let round = -1; round < effort.rounds(9, 3); round += 1) {
      effort.progress(`webhook with a stub of SQS, round ${round + 1}`);
      for (const [index, event] of inTurn([...events.entries()], round)) {
        const before = process.threadCpuUsage();
        for (let request = 0; request < requests; request += 1) await invoke(event);
        const { user, system } = process.threadCpuUsage(before);
        if (round >= 0) results[index]?.push((user + system) / requests);
      }
    }
    return results.map(median);
  } finally {
    SQSClient.prototype.send = send;
    await close();
  }
}

async function invokeAccepted(
  invoke: (event: unknown) => Promise<unknown>,
  event: APIGatewayProxyEventV2,
): Promise<void> {
  const response = Object(await invoke(event));
  if (response.statusCode < 300) return;
  throw new Error(`${event.rawPath} got ${response.statusCode}: ${response.body}`);
}

/** A stub of SQS that accepts every message at once. */
async function acceptAll({ input }: { input: { Entries?: { Id?: string }[] } }) {
  return { Successful: input.Entries?.map(({ Id }) => ({ Id })) };
}

interface Whole {
  /** Microseconds for a request, by source. */
  sources: readonly number[];
  /** Microseconds for a Zendesk request to the naive webhook. */
  naive: number;
  /** The time of a Zendesk request to crm-change ÷ the time of the same request to the naive webhook. */
  ratio: number;
}

/** Measures the deployed bundle with the SDK, log lines and metrics, in its own processes. */
async function measureWhole(
  effort: Effort,
  surroundings: Surroundings,
  sources: readonly LocalSource[],
  names: readonly string[],
): Promise<Whole> {
  const requests = effort.quick ? 150 : 400;
  const measure = async (
    entry: string,
    variables: Readonly<Record<string, string>>,
    of: readonly string[],
  ) => {
    const events = of.map((name) => signedEvent(sources, name));
    const warmUp = Math.max(100, Math.ceil(1000 / of.length));
    const work = { events, warmUp, requests };
    return (await measureFresh(bundled(entry), variables, work)).requestUs;
  };
  const own = crmChangeVariables(surroundings, sources);
  const naive = naiveVariables(surroundings);
  const rounds: { sources: readonly number[]; own: number; naive: number }[] = [];
  for (let round = 0; round < effort.rounds(5, 2); round += 1) {
    effort.progress(`webhook with the SDK, round ${round + 1}`);
    const bySource = await measure(functionEntries.crmChange, own, names);
    const pair = { own: Number.NaN, naive: Number.NaN };
    for (const turn of inTurn(['own', 'naive'] as const, round)) {
      const [us = Number.NaN] =
        turn === 'own'
          ? await measure(functionEntries.crmChange, own, ['zendesk'])
          : await measure(naiveWebhook, naive, ['zendesk']);
      pair[turn] = us;
    }
    rounds.push({ sources: bySource, ...pair });
  }
  return {
    sources: names.map((_, index) => median(rounds.map((one) => one.sources[index] ?? Number.NaN))),
    naive: median(rounds.map((one) => one.naive)),
    ratio: median(rounds.map((one) => one.own / one.naive)),
  };
}

function* report(names: readonly string[], stub: readonly number[], whole: Whole): Generator<Part> {
  const zendesk = names.indexOf('zendesk');
  yield text(
    'Stub: only the handler runs, and a stub replaces SQS. With the SDK: the deployed bundle runs, and sends its request to SQS, log line and metrics.',
  );
  const us = (value: number | undefined) => value?.toFixed(0) ?? '';
  yield tableOf([
    ['source', 'stub µs', '÷ Zendesk', 'with the SDK µs', '÷ naive'],
    ...names.map((name, index) => [
      name,
      us(stub[index]),
      ratioText((stub[index] ?? 0) / (stub[zendesk] ?? 1)),
      us(whole.sources[index]),
      index === zendesk ? ratioText(whole.ratio) : '',
    ]),
    ['naive webhook, Zendesk', '', '', us(whole.naive), '1.00'],
  ]);
  yield {
    kind: 'chart',
    chart: {
      file: 'webhook.svg',
      title: 'CPU time of a warm request to the webhook',
      description:
        'Microseconds of CPU for a request with a stub of SQS, by source. Lower is better.',
      unit: 'µs of CPU, SQS stubbed',
      scale: 'linear',
      series: ['crm-change'],
      plot: {
        kind: 'bars',
        groups: names.map((name, index) => ({ name, values: [stub[index]] })),
      },
    },
  };
  yield figuresOf({
    webhookCpuRatio: whole.ratio,
    webhookStubUs: Object.fromEntries(names.map((name, index) => [name, stub[index]])),
    webhookUs: {
      ...Object.fromEntries(names.map((name, index) => [name, whole.sources[index]])),
      naive: whole.naive,
    },
  });
}
