import { beforeAll, describe, inject } from 'vitest';
import { type Aws, awsAt } from './aws.ts';
import { reset } from './moto-server.ts';
import { type ProvisionedStack, provision } from './provision.ts';
import { type ReadBack, readBack } from './read-back.ts';
import { stackConfigs } from './stacks.ts';

/** A stack that was made in an empty account, and what AWS returned about it then. */
export interface StackAtMoto extends ProvisionedStack {
  readonly state: ReadBack;
}

/** Tests that need moto, and are skipped without it. */
export const describeAtMoto = describe.skipIf(inject('moto') === null);

/** The program runs when it is loaded, so each run loads it by another address. */
let runs = 0;
const program = (): Promise<unknown> => {
  const address = new URL('../../infra/index.ts', import.meta.url);
  runs += 1;
  address.searchParams.set('run', String(runs));
  return import(address.href);
};

type Kind = keyof typeof stackConfigs;

/** Makes a stack at a moto that has forgotten all others, and reads it back. */
export const freshStack = async (kind: Kind): Promise<StackAtMoto & { readonly aws: Aws }> => {
  const url = inject('moto');
  if (url === null || !(await reset(url))) throw new Error('moto does not answer');
  const aws = awsAt(url);
  const stack = await provision(program, aws, stackConfigs[kind]);
  return { ...stack, aws, state: await readBack(aws) };
};

const stacks = new Map<Kind, Promise<StackAtMoto>>();

/**
 * Tests of a stack, which is made and read back once for all files. Skipped without moto.
 * @param tests gets a function that returns the stack once the tests run
 */
export function describeStack(
  kind: Kind,
  name: string,
  tests: (stack: () => StackAtMoto) => void,
): void {
  describeAtMoto(name, () => {
    let stack: StackAtMoto;
    beforeAll(async () => {
      const made = stacks.get(kind) ?? freshStack(kind);
      stacks.set(kind, made);
      stack = await made;
    });
    tests(() => stack);
  });
}
