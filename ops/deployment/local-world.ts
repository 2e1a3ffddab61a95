import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import { Failure } from '../failure.ts';
import { type Deployment, DeploymentFacts } from './deployment.ts';

const fileName = '.world.json';
const answerTimeoutMs = 2000;

/** What `npm start` writes of the world it runs, as far as it is needed here. */
const World = z.object({
  ...DeploymentFacts.shape,
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
const anyCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

const startIt = 'Run npm start in another terminal, or name a Pulumi stack with --stack <name>.';

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) }).then(
    () => true,
    () => false,
  );

const readDescription = (root: string): Promise<string | undefined> =>
  readFile(join(root, fileName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Failure(`${fileName} cannot be read (${error.code})`, startIt, { cause: error });
  });

/**
 * The embedded world that `npm start` runs; undefined where it does not run, or no more.
 * @throws Failure when its description is of no use.
 */
export const findLocalWorld = async (root: string): Promise<Deployment | undefined> => {
  const text = await readDescription(root);
  if (text === undefined) return undefined;
  const parsed = jsonText(World).safeParse(text);
  if (!parsed.success) {
    throw new Failure(
      `${fileName} is not what npm start of this version writes:\n${z.prettifyError(parsed.error)}`,
      'Stop npm start and run it again.',
    );
  }
  const { taskrouter, accountSid, apiKey, apiSecret, ...world } = parsed.data;
  const { region, sqs, logs, secretsManager, ...facts } = world;
  if (!(await answers(taskrouter))) return undefined;
  const at = (endpoint: string) => ({ endpoint, region, credentials: anyCredentials });
  return {
    ...facts,
    name: 'the embedded world',
    credentials: () => ({ accountSid, apiKey, apiSecret }),
    taskRouterUrl: taskrouter,
    aws: { sqs: at(sqs), logs: at(logs), secretsManager: at(secretsManager) },
  };
};

/** @throws Failure when the embedded world does not run. */
export const readLocalWorld = async (root: string): Promise<Deployment> => {
  const world = await findLocalWorld(root);
  if (world !== undefined) return world;
  throw new Failure('The embedded world does not run on this machine.', startIt);
};
