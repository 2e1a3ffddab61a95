import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from '@pulumi/pulumi';
import { isList, isMap, unknown, type Value } from './msgpack.ts';
import { newerThanProvider, type ResourceType } from './resource-types.ts';
import type { Attribute, AttributeType, Block, NestedBlock } from './schema.ts';

/** Inputs or outputs in the form that Pulumi's engine and a provider exchange. Secrets are not marked. */
export type Properties = Readonly<Record<string, unknown>>;

/** The type of a resource, and its schema. */
export interface Mapping {
  readonly type: ResourceType;
  readonly block: Block;
  /** The folder for the archives of functions. */
  readonly folder: string;
}

/**
 * Converts Pulumi's inputs or outputs to Terraform's configuration or state. Properties that start with two
 * underscores belong to the provider.
 * @throws Error if a property is not in the schema
 */
export function toTerraform(mapping: Mapping, properties: Properties): Value {
  const { type, folder } = mapping;
  const { code, ...others } = properties;
  const own = Object.fromEntries(Object.entries(others).filter(([key]) => !key.startsWith('__')));
  const converted = blockToTerraform(mapping.block, own, type.names);
  const newer = Object.entries(newerThanProvider[type.terraform] ?? {}).flatMap(
    ([name, [given, accepted]]) => (converted[name] === given ? [[name, accepted]] : []),
  );
  return {
    ...converted,
    ...Object.fromEntries(newer),
    ...(code !== undefined && archiveAttributes(code, folder)),
  };
}

/**
 * Converts Terraform's state to Pulumi's outputs.
 * @param inputs the inputs of the resource. Values that the provider got in another form are taken from these
 */
export function toPulumi({ type, block }: Mapping, state: Value, inputs: Properties): Properties {
  const outputs = blockToPulumi(block, state, type.names);
  const names = pulumiNames(block, type.names);
  const given = Object.entries(newerThanProvider[type.terraform] ?? {}).flatMap(
    ([name, [newer]]) => {
      const property = names.get(name);
      return property !== undefined && inputs[property] === newer ? [[property, newer]] : [];
    },
  );
  const { filename: _, ...others } = outputs;
  return {
    ...others,
    ...Object.fromEntries(given),
    ...(inputs['code'] !== undefined && { code: inputs['code'] }),
  };
}

/** Pulumi's name for each attribute and block. */
export function pulumiNames(
  { attributes, block_types }: Block,
  renamed: ResourceType['names'] = {},
): ReadonlyMap<string, string> {
  return new Map([
    ...attributes.map(({ name, type }): [string, string] => [
      name,
      renamed[name] ?? (isCollection(type) ? plural(camelCase(name)) : camelCase(name)),
    ]),
    ...block_types.map((nested): [string, string] => [
      nested.type_name,
      renamed[nested.type_name] ??
        (isSingle(nested) ? camelCase(nested.type_name) : plural(camelCase(nested.type_name))),
    ]),
  ]);
}

function blockToTerraform(
  block: Block,
  properties: Properties,
  renamed?: ResourceType['names'],
): Record<string, Value> {
  const names = pulumiNames(block, renamed);
  const known = new Set(names.values());
  const surplus = Object.keys(properties).filter((key) => !known.has(key));
  if (surplus.length > 0) throw new Error(`The provider has no property ${surplus.join(', ')}`);
  const given = (name: string) => properties[names.get(name) ?? name];
  return Object.fromEntries([
    ...block.attributes.map(({ name, type }) => [name, attributeToTerraform(type, given(name))]),
    ...block.block_types.map((nested) => [
      nested.type_name,
      blocksToTerraform(nested, given(nested.type_name)),
    ]),
  ]);
}

function blocksToTerraform(nested: NestedBlock, value: unknown): Value {
  if (value === runtime.unknownValue) return unknown;
  const elements = value === undefined || value === null ? [] : [value].flat();
  const converted = elements.map((element) => blockToTerraform(nested.block, Object(element)));
  return isObjectBlock(nested) ? (converted[0] ?? null) : converted;
}

function attributeToTerraform(type: AttributeType, value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (value === runtime.unknownValue) return unknown;
  if (type === 'string') return String(value);
  if (type === 'number') return Number(value);
  if (type === 'bool') return value === true || value === 'true';
  if (typeof type === 'string') throw new Error(`Values of the type ${type} cannot be converted`);
  if (type[0] === 'object') {
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, field]) => [
        name,
        attributeToTerraform(field, Object(value)[camelCase(name)]),
      ]),
    );
  }
  const [kind, element] = type;
  if (kind !== 'map') return [value].flat().map((of) => attributeToTerraform(element, of));
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => [key, attributeToTerraform(element, of)]),
  );
}

function blockToPulumi(block: Block, state: Value, renamed?: ResourceType['names']): Properties {
  if (!isMap(state)) return {};
  const names = pulumiNames(block, renamed);
  const entries = [
    ...block.attributes.map((attribute): [string, unknown] => [
      attribute.name,
      attributeToPulumi(attribute.type, state[attribute.name] ?? null),
    ]),
    ...block.block_types.map((nested): [string, unknown] => [
      nested.type_name,
      blocksToPulumi(nested, state[nested.type_name] ?? null),
    ]),
  ];
  return Object.fromEntries(
    entries.flatMap(([name, value]) =>
      value === undefined ? [] : [[names.get(name) ?? name, value]],
    ),
  );
}

function blocksToPulumi(nested: NestedBlock, value: Value): unknown {
  if (value === unknown) return runtime.unknownValue;
  if (isMap(value)) return blockToPulumi(nested.block, value);
  const elements = isList(value) ? value.map((of) => blockToPulumi(nested.block, of)) : [];
  if (elements.length === 0) return undefined;
  return isSingle(nested) ? elements[0] : elements;
}

function attributeToPulumi(type: AttributeType, value: Value): unknown {
  if (value === null) return undefined;
  if (value === unknown) return runtime.unknownValue;
  if (typeof type === 'string') return value;
  if (type[0] === 'object') {
    const fields = Object.entries(type[1]).map(([name, field]) => [
      camelCase(name),
      attributeToPulumi(field, isMap(value) ? (value[name] ?? null) : null),
    ]);
    return Object.fromEntries(fields.filter(([, of]) => of !== undefined));
  }
  const [, element] = type;
  if (isList(value)) return value.map((of) => attributeToPulumi(element, of));
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => [key, attributeToPulumi(element, of)]),
  );
}

/**
 * A function's archive as attributes of Terraform: a file, and the hash by which Terraform sees a change. The file
 * is an empty zip with the hash as its comment, because nothing runs it.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16
 */
function archiveAttributes(archive: unknown, folder: string): Record<string, Value> {
  const hash = archiveHash(archive);
  const filename = join(folder, `${hash}.zip`);
  const end = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18), Buffer.from(hash)]);
  end.writeUInt16LE(hash.length, 20);
  writeFileSync(filename, end);
  return { filename, source_code_hash: hash };
}

/** The hash of an archive, which the engine sends with it. */
function archiveHash(archive: unknown): string {
  const { hash } = Object(archive);
  if (typeof hash !== 'string') throw new Error('The engine sent an archive without its hash');
  return hash;
}

function isCollection(type: Attribute['type']): boolean {
  return typeof type !== 'string' && (type[0] === 'list' || type[0] === 'set');
}

/** Whether the block is an object in Terraform, not a list or set. */
function isObjectBlock({ nesting }: NestedBlock): boolean {
  return nesting === 'SINGLE' || nesting === 'GROUP';
}

/** Whether the block is an object in Pulumi, not a list. */
function isSingle(nested: NestedBlock): boolean {
  return isObjectBlock(nested) || nested.max_items === 1;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The plural that Pulumi uses for the name of a list. It covers only the words that occur here. */
function plural(name: string): string {
  if (name.endsWith('y')) return `${name.slice(0, -1)}ies`;
  return name.endsWith('s') ? name : `${name}s`;
}
