import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { Failure } from '../failure.ts';
import { type Deployment, DeploymentInfo } from './deployment.ts';

const stateFile = '.world.json';

const responseTimeoutMs = 2000;

/** What `npm start` writes of the world it runs, as far as it is needed here. */
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

/** Its services take any. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

const startHint = 'Run npm start in another terminal, or name a Pulumi stack with --stack <name>.';

/**
 * The embedded world that `npm start` runs; undefined where it does not run, or no more.
 * @throws Failure when its description is of no use.
 */
export async function findLocalStack(root: string): Promise<Deployment | undefined> {
  const text = await readStateFile(root);
  if (text === undefined) return undefined;
  const parsed = jsonText(LocalStackState).safeParse(text);
  if (!parsed.success) {
    throw new Failure(
      `${stateFile} is not what npm start of this version writes:\n${z.prettifyError(parsed.error)}`,
      'Stop npm start and run it again.',
    );
  }
  const { taskrouter, accountSid, apiKey, apiSecret, ...services } = parsed.data;
  const { region, sqs, logs, secretsManager, ...info } = services;
  if (!(await isReachable(taskrouter))) return undefined;
  const clientConfig = (endpoint: string) => ({ endpoint, region, credentials: localCredentials });
  return {
    ...info,
    name: 'the embedded world',
    credentials: () => ({ accountSid, apiKey, apiSecret }),
    taskRouterUrl: taskrouter,
    aws: {
      sqs: clientConfig(sqs),
      logs: clientConfig(logs),
      secretsManager: clientConfig(secretsManager),
    },
  };
}

/** @throws Failure when the embedded world does not run. */
export async function readLocalStack(root: string): Promise<Deployment> {
  const localStack = await findLocalStack(root);
  if (localStack !== undefined) return localStack;
  throw new Failure('The embedded world does not run on this machine.', startHint);
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
    throw new Failure(`${stateFile} cannot be read (${error.code})`, startHint, { cause: error });
  });
}
