import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { askPulumi } from './ask-pulumi.ts';
import { type AwsAccess, type Deployment, DeploymentFacts } from './deployment.ts';
import { operatorCredentials } from './operator-credentials.ts';

/** What the stack has to tell; it tells more, of no concern here. */
const Outputs = z.object({
  ...DeploymentFacts.shape,
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
  const told = await askPulumi(
    {
      command: ['stack', 'output', '--json'],
      stack,
      about: 'the outputs',
      next: 'pulumi stack ls lists the stacks; pulumi login tells where they are kept.',
    },
    { environment, root },
  );
  const outputs = jsonText(Outputs).safeParse(told);
  if (outputs.success) {
    const { region: deployedIn, ...facts } = outputs.data;
    const access: AwsAccess = {
      region: region ?? deployedIn,
      ...(profile !== undefined && { profile }),
    };
    return {
      ...facts,
      name: `stack ${stack}`,
      credentials: () => operatorCredentials(environment),
      aws: {
        sqs: access,
        logs: access,
        secretsManager: access,
        cloudWatch: access,
        sns: access,
      },
    };
  }
  throw new Failure(
    `The outputs of stack ${stack} lack what is needed:\n${z.prettifyError(outputs.error)}`,
    `Run pulumi up --stack ${stack} with this version of crm-media-sync.`,
  );
};
