import { type Inputs, runtime } from '@pulumi/pulumi';

/** A resource as a program registered it, its inputs resolved and its secrets still in their wrapping. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Recording {
  readonly resources: readonly Registered[];
  readonly outputs: Inputs;
}

export interface Stack {
  readonly config?: Record<string, string>;
  readonly project?: string;
  readonly stack?: string;
}

const account = '123456789012';

/** What AWS would answer: enough of it to tell one resource's ARN, URL and name from another's. */
const stateOf = (type: string, name: string, inputs: Record<string, unknown>) => {
  const service = type.split(':')[1]?.split('/')[0];
  const physicalName = typeof inputs['name'] === 'string' ? inputs['name'] : `${name}-0a1b2c3`;
  return {
    ...inputs,
    name: physicalName,
    arn: `arn:aws:${service}:eu-west-1:${account}:${physicalName}`,
    url: `https://sqs.eu-west-1.amazonaws.com/${account}/${physicalName}`,
    apiEndpoint: `https://${physicalName}.execute-api.eu-west-1.amazonaws.com`,
    executionArn: `arn:aws:execute-api:eu-west-1:${account}:${physicalName}`,
  };
};

/** Runs a program as Pulumi would, with nothing behind it, and tells what it registered. */
export const recordResources = async (
  program: () => unknown,
  { config = {}, project = 'crm-media-sync', stack = 'test' }: Stack = {},
): Promise<Recording> => {
  const resources: Registered[] = [];
  await runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs });
        return { id: `${name}-id`, state: stateOf(type, name, inputs) };
      },
      call: ({ token }) => {
        throw new Error(`The program asked for ${token}, and it should ask for nothing`);
      },
    },
    project,
    stack,
  );
  runtime.setAllConfig(config);
  try {
    const outputs = await runtime.runInPulumiStack(async () => program());
    return { resources, outputs: outputs ?? {} };
  } finally {
    // Registrations go on in the background; this waits until there are no more.
    await runtime.disconnect();
  }
};

/** The one resource of a type whose name ends so. Throws when it is not exactly one. */
export const one = ({ resources }: Recording, type: string, ending = ''): Registered => {
  const found = resources.filter(
    (resource) => resource.type === type && resource.name.endsWith(ending),
  );
  const [resource] = found;
  if (resource === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of type ${type} end in "${ending}"`);
  }
  return resource;
};

export const allOf = ({ resources }: Recording, type: string): Registered[] =>
  resources.filter((resource) => resource.type === type);
