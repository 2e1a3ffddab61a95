import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isUnknown, runtime } from '@pulumi/pulumi';
import { autoNamed } from '../../tools/engine/auto-name.ts';
import {
  filesOf,
  type Recording,
  recordResources,
  type Stack,
} from '../../tools/engine/record-resources.ts';
import {
  type Mapping,
  type Properties,
  pulumiNames,
  toPulumi,
  toTerraform,
} from '../../tools/provider/convert.ts';
import type { Value } from '../../tools/provider/msgpack.ts';
import { resourceType } from '../../tools/provider/resource-types.ts';
import {
  nothing,
  type ResourceState,
  type TerraformProvider,
} from '../../tools/provider/terraform-provider.ts';

/** What the provider would do with a resource, and the properties that differ. */
interface Planned {
  readonly name: string;
  readonly type: string;
  readonly does: 'create' | 'update' | 'replace' | 'delete';
  readonly properties: readonly string[];
}

interface Made {
  readonly mapping: Mapping;
  readonly inputs: Properties;
  readonly state: ResourceState;
  readonly id: string;
}

/** A resource as the program wants it, for Pulumi and for Terraform. */
interface Configured extends Pick<Made, 'mapping' | 'inputs'> {
  readonly config: Value;
}

type Resource = Pick<Recording['resources'][number], 'type' | 'name' | 'inputs'>;

/** A stack whose resources the real provider makes, without an engine. */
export class ProviderStack {
  /** By type and name, in the order in which they were made. */
  readonly #made = new Map<string, Made>();
  readonly #terraform: TerraformProvider;
  readonly #folder: string;
  /** What the provider refuses of the inputs. */
  readonly problems: string[] = [];

  /** @param folder for the archives of functions */
  constructor(terraform: TerraformProvider, folder: string) {
    this.#terraform = terraform;
    this.#folder = folder;
  }

  /** Makes all that a program registers. @returns how many resources */
  async create(program: () => unknown, stack: Stack): Promise<number> {
    await recordResources(program, {
      ...stack,
      make: async (resource) => {
        if (!isOfAws(resource)) return { id: resource.name, state: resource.inputs };
        const { mapping, inputs, config } = await this.#configured(resource);
        const { terraform: type } = mapping.type;
        const plan = await this.#terraform.plan(type, nothing, config);
        const state = await this.#terraform.apply(type, nothing, config, plan);
        const outputs = toPulumi(mapping, state.state, inputs);
        const id = String(outputs[mapping.type.id ?? 'id']);
        this.#made.set(keyOf(resource), { mapping, inputs, state, id });
        return { id, state: outputs };
      },
    });
    return this.#made.size;
  }

  /**
   * Reads all resources from AWS, and plans what the program registers now. Nothing is changed.
   * @returns what would be done; empty if nothing
   */
  async plan(program: () => unknown, stack: Stack): Promise<readonly Planned[]> {
    const planned: Planned[] = [];
    const seen = new Set<string>();
    const make = async (resource: Resource) => {
      if (!isOfAws(resource)) return { id: resource.name, state: resource.inputs };
      const { type, name } = resource;
      const made = this.#made.get(keyOf(resource));
      seen.add(keyOf(resource));
      const { mapping, inputs, config } = await this.#configured(resource, made?.inputs);
      const { terraform: terraformType } = mapping.type;
      const fresh = async () => {
        const { state } = await this.#terraform.plan(terraformType, nothing, config);
        return { id: '', state: toPulumi(mapping, state, inputs) };
      };
      if (made === undefined) {
        planned.push({ type, name, does: 'create', properties: [] });
        return fresh();
      }
      const found = await this.#terraform.read(terraformType, made.state);
      const plan = await this.#terraform.plan(terraformType, found, config);
      const properties = [...pulumiNames(mapping.block, mapping.type.names)].flatMap(
        ([attribute, property]) =>
          isDeepStrictEqual(Object(found.state)[attribute], Object(plan.state)[attribute])
            ? []
            : [property],
      );
      const isReplaced = plan.replaces.length > 0;
      if (properties.length > 0) {
        planned.push({ type, name, does: isReplaced ? 'replace' : 'update', properties });
      }
      return isReplaced ? fresh() : { id: made.id, state: toPulumi(mapping, plan.state, inputs) };
    };
    await recordResources(program, { ...stack, make, preview: true });
    for (const key of this.#made.keys()) {
      const [type = '', name = ''] = key.split(' ');
      if (!seen.has(key)) planned.push({ type, name, does: 'delete', properties: [] });
    }
    return planned;
  }

  /** Deletes all resources, those that were made last first. @returns how many */
  async destroy(): Promise<number> {
    const all = [...this.#made.values()].reverse();
    for (const { mapping, state } of all) {
      const { terraform: type } = mapping.type;
      const plan = await this.#terraform.plan(type, state, null);
      await this.#terraform.apply(type, state, null, plan);
    }
    this.#made.clear();
    return all.length;
  }

  async #configured(resource: Resource, olds: Properties = {}): Promise<Configured> {
    const { name, inputs: given } = resource;
    const type = resourceType(resource.type);
    const block = this.#terraform.schema(type.terraform);
    const mapping: Mapping = { type, block, folder: this.#folder };
    const seed = createHash('sha256').update(keyOf(resource)).digest();
    const inputs = autoNamed(type, { name, seed, olds, news: await plainInputs(given) });
    const config = toTerraform(mapping, inputs);
    const problems = await this.#terraform.validate(type.terraform, config);
    this.problems.push(...problems.map((problem) => `${resource.type} ${name}: ${problem}`));
    return { mapping, inputs, config };
  }
}

function isOfAws({ type }: Resource): boolean {
  return type.startsWith('aws:');
}

function keyOf({ type, name }: Pick<Resource, 'type' | 'name'>): string {
  return `${type} ${name}`;
}

/** Inputs without marks of secrets, unknown ones as the engine sends them, and archives as the engine tells of them: by their hash. */
async function plainInputs(inputs: Resource['inputs']): Promise<Properties> {
  const { code, ...others } = inputs;
  const plain = Object.fromEntries(
    Object.entries(others).map(([key, value]) => [key, withoutSecrets(value)]),
  );
  if (code === undefined) return plain;
  const files = JSON.stringify(await filesOf(code));
  return { ...plain, code: { hash: createHash('sha256').update(files).digest('hex') } };
}

function withoutSecrets(value: unknown): unknown {
  const plain: unknown = runtime.unwrapRpcSecret(value);
  if (isUnknown(plain)) return runtime.unknownValue;
  if (Array.isArray(plain)) return plain.map(withoutSecrets);
  if (typeof plain !== 'object' || plain === null) return plain;
  return Object.fromEntries(
    Object.entries(plain).map(([key, element]) => [key, withoutSecrets(element)]),
  );
}
