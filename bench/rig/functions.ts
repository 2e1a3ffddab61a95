import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import pLimit from 'p-limit';
import {
  bundle,
  bundleFile,
  mapFile,
  nodeOptions,
  repositoryRoot,
} from '../../infra/bundle/bundle.ts';
import { startFunction } from '../../local/aws/function.ts';
import { functionMegabytes, syncTimeoutSeconds } from '../../shared/config/limits.ts';
import { type Consumer, concurrencyOf } from './consumers.ts';

export interface RunningFunction {
  invoke: (event: unknown) => Promise<unknown>;
  close: () => Promise<void>;
}

/** Starts worker threads that run the bundle, and warms all of them. */
export async function startThreads(
  consumer: Consumer,
  environment: Readonly<Record<string, string>>,
): Promise<RunningFunction> {
  const concurrency = concurrencyOf(consumer);
  const { invoke, close } = startFunction({
    name: 'sync',
    module: bundled(consumer.entry),
    timeoutMs: syncTimeoutSeconds * 1000,
    concurrency,
    environment,
    log: () => {},
  });
  const noRecords = Array.from({ length: concurrency }, () => invoke({ Records: [] }));
  await Promise.all(noRecords);
  return { invoke, close };
}

let bundleFolder: string | undefined;

const bundles = new Map<string, URL>();

/** The bundle of a function, built as for a deployment. Baselines are built in the same way. */
export function bundled(entry: string): URL {
  const known = bundles.get(entry);
  if (known !== undefined) return known;
  if (bundleFolder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-functions-'));
    process.once('exit', () => rmSync(folder, { recursive: true }));
    bundleFolder = folder;
  }
  const folder = mkdtempSync(join(bundleFolder, 'function-'));
  // Our build leaves modules out that a baseline may need.
  const options = entry.startsWith('bench/') ? { plugins: [], alias: {} } : {};
  const { code, map } = bundle(entry, repositoryRoot, options);
  writeFileSync(join(folder, bundleFile), code);
  writeFileSync(join(folder, mapFile), map);
  const url = pathToFileURL(join(folder, bundleFile));
  bundles.set(entry, url);
  return url;
}

let instanceNumber = 0;

/** Starts instances in this process. Each has its own copy of the handler module. They share all other modules. */
export async function startInProcess(
  { entry }: Pick<Consumer, 'entry'>,
  environment: Readonly<Record<string, string>>,
  instances: number,
): Promise<RunningFunction> {
  const before = { ...process.env };
  Object.assign(process.env, lambdaVariables, silent, environment);
  const url = pathToFileURL(join(repositoryRoot, entry)).href;
  const idle: ((event: unknown, context: Context) => Promise<unknown>)[] = [];
  for (let index = 0; index < instances; index += 1) {
    instanceNumber += 1;
    const module: Record<'handler', (typeof idle)[number]> = await import(
      `${url}?instance=${instanceNumber}`
    );
    idle.push(module.handler);
  }
  const limit = pLimit(Math.max(1, instances));
  return {
    invoke: (event) =>
      limit(async () => {
        const handler = idle.pop();
        if (handler === undefined) throw new Error('No instance is idle');
        try {
          return await handler(event, createContext());
        } finally {
          idle.push(handler);
        }
      }),
    close: async () => {
      for (const name of Object.keys(process.env)) delete process.env[name];
      Object.assign(process.env, before);
    },
  };
}

/** The variables that Lambda sets. The credentials are not valid. */
const lambdaVariables = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(functionMegabytes),
};

/** A function in this process must not write to the output of the bench. */
const silent = { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' };

function createContext(): Context {
  const end = Date.now() + syncTimeoutSeconds * 1000;
  const context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'> = {
    awsRequestId: crypto.randomUUID(),
    getRemainingTimeInMillis: () => end - Date.now(),
  };
  return context as Context;
}

/** CPU times of a new process, in all its threads. */
export interface FreshProcess {
  loadMs: number;
  loadWallMs: number;
  /** The CPU time of the first event, in milliseconds. Undefined if there was none. */
  firstMs: number | undefined;
  /** The mean CPU time of each further event, in microseconds. */
  requestUs: readonly number[];
  rssMb: number;
}

/**
 * Loads a bundle in its own process and invokes it with events, one after another. Each event comes once, then
 * `warmUp` times, then `requests` times for the measurement.
 * @throws Error if the process fails
 */
export async function measureFresh(
  module: URL,
  environment: Readonly<Record<string, string>>,
  work: { events: readonly unknown[]; warmUp: number; requests: number },
): Promise<FreshProcess> {
  const args = ['--input-type=module', '--eval', freshScript, module.href];
  const child = spawn(process.execPath, args, {
    env: { ...lambdaVariables, NODE_OPTIONS: nodeOptions, ...environment },
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  });
  const [stdin, , stderr, results] = child.stdio;
  if (!stdin || !stderr || !results || !('readable' in results))
    throw new Error('The process has no pipes');
  stdin.end(JSON.stringify(work));
  const errors = text(stderr);
  const result = json(results as typeof stderr).catch(() => undefined);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${module.href} failed: ${await errors}`);
  return result as Promise<FreshProcess>;
}

const freshScript = `
  import { writeFileSync } from 'node:fs';
  import { json, text } from 'node:stream/consumers';
  const { events, warmUp, requests } = await json(process.stdin);
  const cpu = (since) => { const { user, system } = process.cpuUsage(since); return (user + system) / 1000; };
  const end = Date.now() + 600_000;
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => end - Date.now() };
  const [beforeLoad, wall] = [process.cpuUsage(), performance.now()];
  const { handler } = await import(process.argv.at(-1));
  const [loadMs, loadWallMs] = [cpu(beforeLoad), performance.now() - wall];
  let firstMs;
  for (const event of events) {
    const before = process.cpuUsage();
    const response = await handler(event, context);
    firstMs ??= cpu(before);
    if (response?.statusCode >= 300) throw new Error(JSON.stringify(response));
    if (response?.batchItemFailures?.length > 0) throw new Error(JSON.stringify(response));
  }
  for (let i = 0; i < warmUp; i += 1) for (const event of events) await handler(event, context);
  const requestUs = [];
  for (const event of requests > 0 ? events : []) {
    const before = process.cpuUsage();
    for (let i = 0; i < requests; i += 1) await handler(event, context);
    requestUs.push((1000 * cpu(before)) / requests);
  }
  const rssMb = process.memoryUsage().rss / 1e6;
  writeFileSync(3, JSON.stringify({ loadMs, loadWallMs, firstMs, requestUs, rssMb }));
  process.exit();`;
