import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { Failure } from '../failure.ts';
import { type Deployment, DeploymentInfo } from './deployment.ts';

/** The file in the project's folder in which `npm start` describes its stack. */
export const stateFileName = '.local-stack.json';

const responseTimeoutMs = 10_000;

/** The process of a stack, and two of its addresses. They show whether the stack still runs. */
const RunningStack = z.object({
  pid: z.int().positive(),
  webhooks: z.url(),
  taskrouter: z.url(),
});

type RunningStack = z.infer<typeof RunningStack>;

/** The part of the state file that commands need. */
const LocalStackState = z.object({
  ...DeploymentInfo.shape,
  ...RunningStack.shape,
  accountSid: z.string(),
  apiKey: z.string(),
  apiSecret: z.string(),
  region: z.string(),
  sqs: z.url(),
  logs: z.url(),
  secretsManager: z.url(),
  lambda: z.url(),
});

/** The local services accept any credentials. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

const startHint = 'Run npm start in another terminal, or give a Pulumi stack with --stack <name>.';

/**
 * The local stack that `npm start` runs. Undefined if it is not running. A state file whose process has ended
 * counts as none.
 * @throws Failure if its state file is invalid
 */
export async function findLocalStack(root: string): Promise<Deployment | undefined> {
  const text = await readStateFile(root);
  if (text === undefined) return undefined;
  const parsed = jsonText(LocalStackState).safeParse(text);
  if (!parsed.success) {
    throw new Failure(
      `${stateFileName} was not written by this version of npm start:\n${z.prettifyError(parsed.error)}`,
      'Stop npm start and run it again.',
    );
  }
  return (await isRunning(parsed.data)) ? toDeployment(parsed.data) : undefined;
}

/**
 * The local stack of this process as a deployment.
 * @param stack its description, as `npm start` prints it
 */
export function localDeployment(stack: object): Deployment {
  return toDeployment(LocalStackState.parse({ pid: process.pid, ...stack }));
}

function toDeployment(state: z.infer<typeof LocalStackState>): Deployment {
  const { pid: _, webhooks: __, taskrouter, accountSid, apiKey, apiSecret, ...services } = state;
  const { region, sqs, logs, secretsManager, lambda, ...info } = services;
  const clientConfig = (endpoint: string) => ({ endpoint, region, credentials: localCredentials });
  return {
    ...info,
    name: 'the local stack',
    option: '--local',
    credentials: () => ({ accountSid, apiKey, apiSecret }),
    taskRouterUrl: taskrouter,
    aws: {
      sqs: clientConfig(sqs),
      logs: clientConfig(logs),
      secretsManager: clientConfig(secretsManager),
      lambda: clientConfig(lambda),
    },
  };
}

/** @throws Failure if the local stack is not running */
export async function readLocalStack(root: string): Promise<Deployment> {
  const localStack = await findLocalStack(root);
  if (localStack !== undefined) return localStack;
  throw new Failure('The local stack is not running.', startHint);
}

/** The process and the webhook address of a running local stack. Undefined if none runs. */
export async function findRunningStack(root: string): Promise<RunningStack | undefined> {
  const state = jsonText(RunningStack).safeParse(await readStateFile(root)).data;
  return state !== undefined && (await isRunning(state)) ? state : undefined;
}

/**
 * Whether the stack runs. Its process may have ended without removing the file, and another process may have its
 * pid now.
 */
async function isRunning({ pid, taskrouter }: RunningStack): Promise<boolean> {
  if (!isAlive(pid)) return false;
  return fetch(taskrouter, { signal: AbortSignal.timeout(responseTimeoutMs) }).then(
    () => true,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readStateFile(root: string): Promise<string | undefined> {
  return readFile(join(root, stateFileName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Failure(`${stateFileName} could not be read (${error.code}).`, startHint, {
      cause: error,
    });
  });
}
