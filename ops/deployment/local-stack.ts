import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { Failure } from '../failure.ts';
import { type Deployment, DeploymentInfo } from './deployment.ts';

const stateFile = '.local-stack.json';

const responseTimeoutMs = 2000;

/** The state file that `npm start` writes, as far as the commands need it. */
const LocalStackState = z.object({
  ...DeploymentInfo.shape,
  taskrouter: z.url(),
  accountSid: z.string(),
  apiKey: z.string(),
  apiSecret: z.string(),
  region: z.string(),
  sqs: z.url(),
  logs: z.url(),
  secretsManager: z.url(),
});

/** The local services accept any credentials. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

const startHint = 'Run npm start in another terminal, or give a Pulumi stack with --stack <name>.';

/**
 * The local stack that `npm start` runs; undefined if it is not running.
 * @throws Failure if its state file is invalid
 */
export async function findLocalStack(root: string): Promise<Deployment | undefined> {
  const text = await readStateFile(root);
  if (text === undefined) return undefined;
  const parsed = jsonText(LocalStackState).safeParse(text);
  if (!parsed.success) {
    throw new Failure(
      `${stateFile} was not written by this version of npm start:\n${z.prettifyError(parsed.error)}`,
      'Stop npm start and run it again.',
    );
  }
  const { taskrouter, accountSid, apiKey, apiSecret, ...services } = parsed.data;
  const { region, sqs, logs, secretsManager, ...info } = services;
  if (!(await isReachable(taskrouter))) return undefined;
  const clientConfig = (endpoint: string) => ({ endpoint, region, credentials: localCredentials });
  return {
    ...info,
    name: 'the local stack',
    credentials: () => ({ accountSid, apiKey, apiSecret }),
    taskRouterUrl: taskrouter,
    aws: {
      sqs: clientConfig(sqs),
      logs: clientConfig(logs),
      secretsManager: clientConfig(secretsManager),
    },
  };
}

/** @throws Failure if the local stack is not running */
export async function readLocalStack(root: string): Promise<Deployment> {
  const localStack = await findLocalStack(root);
  if (localStack !== undefined) return localStack;
  throw new Failure('The local stack is not running.', startHint);
}

function isReachable(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(responseTimeoutMs) }).then(
    () => true,
    () => false,
  );
}

function readStateFile(root: string): Promise<string | undefined> {
  return readFile(join(root, stateFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Failure(`${stateFile} could not be read (${error.code}).`, startHint, {
      cause: error,
    });
  });
}
