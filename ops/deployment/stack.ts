import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { runPulumi } from './ask-pulumi.ts';
import { type AwsClientConfig, type Deployment, DeploymentInfo } from './deployment.ts';
import { operatorApiKey } from './operator-credentials.ts';

/** What the stack has to tell; it tells more, of no concern here. */
const StackOutputs = z.object({
  ...DeploymentInfo.shape,
  taskEventsUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
  taskRouterUrl: z.url({ error: 'must be a URL' }),
  region: z.string().min(1),
});

/** How the operator reaches AWS, where that is not as the machine is set up for. */
export interface AwsOptions {
  readonly profile?: string;
  readonly region?: string;
}

/**
 * A deployment as its Pulumi stack tells of it, with the operator's own API key: the deployed one may
 * only read and update Tasks.
 * @throws Failure
 */
export const readStack = async (
  stack: string,
  { profile, region }: AwsOptions,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<Deployment> => {
  const stdout = await runPulumi(
    {
      command: ['stack', 'output', '--json'],
      stack,
      subject: 'the outputs',
      next: 'pulumi stack ls lists the stacks; pulumi login tells where they are kept.',
    },
    { environment, root },
  );
  const outputs = jsonText(StackOutputs).safeParse(stdout);
  if (outputs.success) {
    const { region: stackRegion, ...info } = outputs.data;
    const clientConfig: AwsClientConfig = {
      region: region ?? stackRegion,
      ...(profile !== undefined && { profile }),
    };
    return {
      ...info,
      name: `stack ${stack}`,
      credentials: () => operatorApiKey(environment),
      aws: {
        sqs: clientConfig,
        logs: clientConfig,
        secretsManager: clientConfig,
        cloudWatch: clientConfig,
        sns: clientConfig,
      },
    };
  }
  throw new Failure(
    `The outputs of stack ${stack} lack what is needed:\n${z.prettifyError(outputs.error)}`,
    `Run pulumi up --stack ${stack} with this version of crm-media-sync.`,
  );
};
