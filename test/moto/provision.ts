import { runtime } from '@pulumi/pulumi';
import pLimit from 'p-limit';
import { type Aws, account, region } from './aws.ts';
import { notMade, provisioners } from './provisioners.ts';

/** A resource as the program registered it, with all that others gave to it, and its id at AWS. */
export interface Provisioned {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly id: string;
}

export interface ProvisionedStack {
  readonly resources: readonly Provisioned[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Runs a program as Pulumi would, with AWS's own API behind it: what one resource hands to another is
 * what AWS answered.
 * @throws with all that was refused, each with its resource
 */
export const provision = async (
  program: () => unknown,
  aws: Aws,
  config: Readonly<Record<string, string>>,
): Promise<ProvisionedStack> => {
  const resources: Provisioned[] = [];
  const failures: string[] = [];

  const make = async (type: string, name: string, inputs: Record<string, unknown>) => {
    // Components are Pulumi's own affair.
    if (!type.startsWith('aws:') || type in notMade) return { id: name, state: inputs };
    const provisioner = provisioners[type];
    if (provisioner === undefined) throw new Error('nobody knows how to make it');
    const { id, state } = await provisioner(aws, name, inputs);
    return { id, state: { ...inputs, ...state } };
  };

  // Of two that change one resource, the second has to see what the first did.
  const oneAtATime = pLimit(1);
  await runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) =>
        oneAtATime(async () => {
          const made = await make(type, name, inputs).catch((error: unknown) => {
            failures.push(`${type} ${name}: ${error}`);
            // The rest goes on, so that all refusals are reported together.
            const arn = `arn:aws:refused:${region}:${account}:${name}`;
            return { id: name, state: { ...inputs, name, arn } };
          });
          resources.push({ type, name, inputs, id: made.id });
          return made;
        }),
      call: ({ token }) => {
        throw new Error(`The program asked for ${token}, and it should ask for nothing`);
      },
    },
    'crm-media-sync',
    'production',
  );
  runtime.setAllConfig({ ...config });
  // The program sees all of it as encrypted.
  process.env['PULUMI_CONFIG_SECRET_KEYS'] = JSON.stringify(Object.keys(config));
  const outputs = await runtime
    .runInPulumiStack(async () => program())
    .catch((error: unknown) => {
      failures.push(`the program itself: ${error}`);
    });
  // Registrations go on in the background; this waits until there are no more.
  await runtime.disconnect();
  if (failures.length > 0) throw new Error(`The stack was not made:\n${failures.join('\n')}`);
  return { resources, outputs: outputs ?? {} };
};
