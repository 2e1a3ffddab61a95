import type { ProvisionedStack } from './provision.ts';
import { physicalName } from './provisioner.ts';

/** The one of a list. Throws when it is not exactly one. */
export const only = <T>(list: readonly T[]): T => {
  const [one] = list;
  if (one === undefined || list.length > 1) throw new Error(`${list.length}, and not one`);
  return one;
};

/** The one of a list whose name ends so, seven random characters aside. */
export const named = <T extends { readonly name?: string | undefined }>(
  list: readonly T[],
  ending: string,
): T => only(list.filter(({ name }) => name?.endsWith(physicalName(ending))));

/** What the program gave to the one resource of a type whose name ends so. */
export const inputsOf = ({ resources }: ProvisionedStack, type: string, ending = '') =>
  only(resources.filter((made) => made.type === type && made.name.endsWith(ending))).inputs;
