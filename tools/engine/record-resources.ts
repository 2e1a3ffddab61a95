import { readFileSync } from 'node:fs';
import { asset, type Inputs, type Resource, runtime } from '@pulumi/pulumi';
import { MockMonitor } from '@pulumi/pulumi/runtime/mocks.js';

/** A resource that a program registered. Its inputs are resolved. Secrets are still marked. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The types of its parent components and its own type, as in its URN. */
  readonly lineage: string;
  /** Whether the resource stays when the stack is destroyed. */
  readonly retainOnDelete: boolean;
  /** Whether the resource has tags. */
  readonly takesTags: boolean;
  /** The state that AWS would return. */
  readonly state: Readonly<Record<string, unknown>>;
}

export interface Recording {
  readonly resources: readonly Registered[];
  readonly outputs: Inputs;
  /** The outputs that each component and the stack registered. */
  readonly registeredOutputs: readonly unknown[];
  /** The stack that the program ran with. */
  readonly stack: Required<Stack>;
}

/** Builds the ARN of a resource from its type, name and inputs. */
export type ArnOf = (type: string, physicalName: string, inputs: Registered['inputs']) => string;

export interface Stack {
  readonly config?: Record<string, string>;
  readonly project?: string;
  readonly stack?: string;
  /** Default: an ARN that is unique, but not in AWS's form. */
  readonly arnOf?: ArnOf;
  /** Creates each resource, and returns its id and outputs. Default: generated values, with ARNs from `arnOf`. */
  readonly make?: Make;
  /** Whether outputs may be unknown, as in a preview. */
  readonly preview?: boolean;
}

export type Make = (
  resource: Pick<Registered, 'type' | 'name' | 'inputs'>,
) => Promise<{ id: string; state: Registered['state'] }>;

export const account = '123456789012';

/**
 * The calls to AWS that a program may make: account and region.
 * @throws Error for any other call
 */
export const answerOfAws = (token: string): Record<string, string> => {
  if (token.endsWith(':getCallerIdentity')) return { accountId: account };
  if (token.endsWith(':getRegion')) return { region: 'eu-west-1' };
  if (token.endsWith(':getPartition')) return { partition: 'aws' };
  throw new Error(`The program called ${token}, which this test does not answer`);
};

const simpleArn: ArnOf = (type, physicalName) => {
  const service = type.split(':')[1]?.split('/')[0];
  return `arn:aws:${service}:eu-west-1:${account}:${physicalName}`;
};

/** The suffix that Pulumi adds to a generated name. */
const suffix = '0a1b2c3';

const physicalNameOf = (name: string, inputs: Registered['inputs']): string => {
  if (typeof inputs['name'] === 'string') return inputs['name'];
  const { namePrefix } = inputs;
  return typeof namePrefix === 'string' ? namePrefix + suffix : `${name}-${suffix}`;
};

const lambdaFunction = 'aws:lambda/function:Function';

/** A generated state. Its ARN, URL and name differ from those of other resources. */
const stateOf = (type: string, name: string, inputs: Record<string, unknown>, arnOf: ArnOf) => {
  const physicalName = physicalNameOf(name, inputs);
  return {
    ...inputs,
    name: physicalName,
    arn: arnOf(type, physicalName, inputs),
    url: `https://sqs.eu-west-1.amazonaws.com/${account}/${physicalName}`,
    apiEndpoint: `https://${physicalName}.execute-api.eu-west-1.amazonaws.com`,
    executionArn: `arn:aws:execute-api:eu-west-1:${account}:${physicalName}`,
    ...(type === lambdaFunction && { version: '1' }),
    ...(type === 'aws:lambda/alias:Alias' && {
      arn: `${arnOf(lambdaFunction, String(inputs['functionName']), inputs)}:${physicalName}`,
    }),
    ...(type.endsWith(':DomainName') && {
      domainNameConfiguration: {
        ...Object(inputs['domainNameConfiguration']),
        targetDomainName: 'd-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
        hostedZoneId: 'ZLY8HYME6SFDD',
      },
    }),
  };
};

type Made = Pick<Registered, 'lineage' | 'retainOnDelete' | 'takesTags'>;

/** Records facts about each resource that Pulumi's mocks do not get: its options and its parents. */
const watchMaking = (): Map<string, Made> => {
  const made = new Map<string, Made>();
  const lineages = new Map<Resource, string>();
  runtime.registerStackTransformation(({ resource, type, name, props, opts }) => {
    const above = opts.parent && lineages.get(opts.parent);
    const lineage = above === undefined ? type : `${above}$${type}`;
    lineages.set(resource, lineage);
    made.set(`${type} ${name}`, {
      lineage,
      retainOnDelete: opts.retainOnDelete ?? false,
      takesTags: 'tags' in props,
    });
    return undefined;
  });
  return made;
};

/** The outputs that components registered. Pulumi's mocks do not publish them. */
const registeredOutputs = (monitor: unknown): unknown[] =>
  monitor instanceof MockMonitor
    ? [...monitor.getRegisteredResources().values()].map(({ state }) =>
        'toJavaScript' in Object(state) ? state.toJavaScript() : {},
      )
    : [];

/** Creates resources with generated values, without AWS. */
export const madeUp =
  (arnOf = simpleArn): Make =>
  async ({ type, name, inputs }) => ({
    id: `${name}-id`,
    state: stateOf(type, name, inputs, arnOf),
  });

/** Runs a program as Pulumi does, without an engine or AWS. Returns the resources that it registered. */
export const recordResources = async (
  program: () => unknown,
  {
    config = {},
    project = 'crm-media-sync',
    stack = 'test',
    arnOf = simpleArn,
    make = madeUp(arnOf),
    preview = false,
  }: Stack = {},
): Promise<Recording> => {
  const registered: Omit<Registered, keyof Made>[] = [];
  let made = new Map<string, Made>();
  await runtime.setMocks(
    {
      newResource: async ({ type, name, inputs }) => {
        const { id, state } = await make({ type, name, inputs });
        registered.push({ type, name, inputs, state: { ...state, id } });
        return { id, state };
      },
      call: ({ token }) => answerOfAws(token),
    },
    project,
    stack,
    preview,
  );
  const monitor = runtime.getMonitor();
  const keys = Object.keys(config);
  runtime.setAllConfig(config, keys);
  // Pulumi starts a program with all secrets in plain text, and a list of the keys that are secrets. Here all keys
  // are.
  process.env['PULUMI_CONFIG'] = JSON.stringify(config);
  process.env['PULUMI_CONFIG_SECRET_KEYS'] = JSON.stringify(keys);
  let outputs: Inputs | undefined;
  try {
    outputs = await runtime.runInPulumiStack(async () => {
      made = watchMaking();
      return program();
    });
  } finally {
    // Registrations run in the background. This waits until all are done.
    await runtime.disconnect();
  }
  const unwatched: Made = { lineage: '', retainOnDelete: false, takesTags: false };
  return {
    resources: registered.map((resource) => ({
      ...resource,
      ...(made.get(`${resource.type} ${resource.name}`) ?? unwatched),
    })),
    outputs: outputs ?? {},
    registeredOutputs: registeredOutputs(monitor),
    stack: { config, project, stack, arnOf, make, preview },
  };
};

/**
 * Finds the resource of a type whose name has this ending.
 * @throws Error if there is not exactly one
 */
export const one = ({ resources }: Recording, type: string, ending = ''): Registered => {
  const found = resources.filter(
    (resource) => resource.type === type && resource.name.endsWith(ending),
  );
  const [resource] = found;
  if (resource === undefined || found.length > 1) {
    throw new Error(
      `${found.length} resources of type ${type} have a name that ends in "${ending}", but there must be one`,
    );
  }
  return resource;
};

/** All resources of a type, in the order of their registration. */
export const allOf = ({ resources }: Recording, type: string): Registered[] =>
  resources.filter((resource) => resource.type === type);

/** The files in the archive of a function: texts by file name. */
export const filesOf = async (code: unknown): Promise<Readonly<Record<string, string>>> => {
  if (!(code instanceof asset.AssetArchive)) throw new Error('The code is not an archive of files');
  const texts = Object.entries(await code.assets).map(async ([name, file]) => {
    if (file instanceof asset.StringAsset) return [name, await file.text] as const;
    if (!(file instanceof asset.FileAsset)) throw new Error(`${name} is not a file`);
    return [name, readFileSync(await file.path, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
};
