import { isDeepStrictEqual } from 'node:util';
import { isList, isMap, type Value } from './msgpack.ts';
import type { Block, NestedBlock } from './schema.ts';

/**
 * The state that a configuration asks for. A value that AWS computes stays the same if the configuration does not
 * set it. Terraform's core computes this state before it asks the provider for a plan.
 * Source: https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/objchange.go
 */
export function proposedState(block: Block, prior: Value, config: Value): Value {
  const before = isMap(prior) ? prior : {};
  const asked = isMap(config) ? config : {};
  const attributes = block.attributes.map(({ name, computed }): [string, Value] => [
    name,
    asked[name] ?? (computed ? (before[name] ?? null) : null),
  ]);
  const blocks = block.block_types.map((nested): [string, Value] => [
    nested.type_name,
    proposedBlocks(nested, before[nested.type_name] ?? null, asked[nested.type_name] ?? null),
  ]);
  return Object.fromEntries([...attributes, ...blocks]);
}

function proposedBlocks({ block, nesting }: NestedBlock, prior: Value, config: Value): Value {
  if (nesting === 'SINGLE' || nesting === 'GROUP') {
    return config === null ? null : proposedState(block, prior, config);
  }
  if (!isList(config)) return [];
  const before = isList(prior) ? prior : [];
  return config.map((element, index) => {
    const same = (candidate: Value) =>
      isDeepStrictEqual(proposedState(block, candidate, element), candidate);
    const matching = nesting === 'SET' ? before.find(same) : before[index];
    return proposedState(block, matching ?? null, element);
  });
}
