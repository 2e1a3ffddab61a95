import type { Properties } from '../provider/convert.ts';
import type { ResourceType } from '../provider/resource-types.ts';

interface Checked {
  /** The resource's name in the program. */
  readonly name: string;
  /** Random bytes of the engine. An update has the same bytes as its preview. */
  readonly seed: Uint8Array;
  /** The current inputs. Empty for a new resource. */
  readonly olds: Properties;
  readonly news: Properties;
}

/**
 * Adds a name to the inputs, as Pulumi's AWS provider does: the name in the program and seven hexadecimal digits.
 * The name stays until the resource is deleted. `__defaults` lists the properties that were generated.
 * Source: https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
 */
export function autoNamed({ autoName }: ResourceType, checked: Checked): Properties {
  const { name, seed, olds, news } = checked;
  const isGiven = autoName === undefined || autoName in news || `${autoName}Prefix` in news;
  if (isGiven) return { ...news, __defaults: [] };
  const digits = Buffer.from(seed).toString('hex').slice(0, 7);
  return { ...news, [autoName]: olds[autoName] ?? `${name}-${digits}`, __defaults: [autoName] };
}

/**
 * Whether a replacement can be created only after the old resource is deleted, because the program gives both the
 * same name.
 * Source: https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/provider.go
 */
export function keepsName({ autoName }: ResourceType, olds: Properties, news: Properties): boolean {
  if (autoName === undefined || [news['__defaults']].flat().includes(autoName)) return false;
  return autoName in news && olds[autoName] === news[autoName];
}
