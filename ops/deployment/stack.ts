import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { DeployedSources, type Deployment } from './deployment.ts';
import { operatorCredentials } from './operator-credentials.ts';
import { pulumiOutputs } from './pulumi-outputs.ts';

/** What the stack has to tell; it tells more, of no concern here. */
const Outputs = z.object({
  taskEventsUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
  workspaceSid: z.string().regex(/^WS[0-9a-fA-F]{32}$/, 'must be WS and 32 hexadecimal digits'),
  taskRouterUrl: z.url({ error: 'must be a URL' }),
  sources: DeployedSources,
});

/**
 * A deployment as its Pulumi stack tells of it, with the operator's own API key: the deployed one may
 * only read and update Tasks.
 * @throws Failure
 */
export const readStack = async (
  stack: string,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<Deployment> => {
  const credentials = operatorCredentials(environment);
  const outputs = jsonText(Outputs).safeParse(await pulumiOutputs(stack, { environment, root }));
  if (outputs.success) return { name: `stack ${stack}`, credentials, ...outputs.data };
  throw new Failure(
    `The outputs of stack ${stack} lack what is needed:\n${z.prettifyError(outputs.error)}`,
    `Run pulumi up --stack ${stack} with this version of crm-media-sync.`,
  );
};
