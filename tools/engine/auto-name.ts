import type { Properties } from '../provider/convert.ts';
import type { ResourceType } from '../provider/resource-types.ts';

interface Checked {
  /** The name of the resource in the program. */
  readonly name: string;
  /** Random bytes of the engine, the same in a preview and the update that follows. */
  readonly seed: Uint8Array;
  /** The inputs so far; empty for a new resource. */
  readonly olds: Properties;
  readonly news: Properties;
}

/**
 * The inputs with a name, as Pulumi's AWS provider makes it up: the name in the program and seven hexadecimal
 * digits. It stays as long as the resource does. `__defaults` tells which property was made up.
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
 * Whether another resource can only be made once this one is gone, because the program gives both the same name.
 * Source: https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/provider.go
 */
export function keepsName({ autoName }: ResourceType, olds: Properties, news: Properties): boolean {
  if (autoName === undefined || [news['__defaults']].flat().includes(autoName)) return false;
  return autoName in news && olds[autoName] === news[autoName];
}
