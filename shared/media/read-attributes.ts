import { isObject, type JsonObject, parseJson } from './json.ts';
import { emptyLedger, type Ledger, ledgerAttribute, parseLedger } from './ledger.ts';

/** The attributes are not ours to write to. The message holds nothing of what stands there. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** @throws Unreadable */
export const readAttributes = (text: string): JsonObject => {
  let attributes: ReturnType<typeof parseJson>;
  try {
    attributes = parseJson(text);
  } catch {
    throw new Unreadable('the attributes are not JSON');
  }
  if (!isObject(attributes)) throw new Unreadable('the attributes are not a JSON object');
  return attributes;
};

/**
 * The ledger in a Task's attributes, empty where there is none.
 * @throws Unreadable
 */
export const readLedger = (attributes: JsonObject): Ledger => {
  const text = attributes[ledgerAttribute];
  if (text === undefined) return emptyLedger;
  if (typeof text !== 'string') throw new Unreadable(`${ledgerAttribute} is not a string`);
  try {
    return parseLedger(text);
  } catch (cause) {
    throw new Unreadable((cause as Error).message, { cause });
  }
};

/**
 * Checks that where our lists go is free, or an object: what others put there is never overwritten.
 * @throws Unreadable
 */
export const checkRoom = (attributes: JsonObject, targets: readonly string[]): void => {
  const blocks = attributes['reservation_attributes'] ?? {};
  if (!isObject(blocks)) throw new Unreadable('reservation_attributes is not an object');
  for (const sid of targets) {
    const block = blocks[sid] ?? {};
    if (!isObject(block)) throw new Unreadable(`reservation_attributes.${sid} is not an object`);
    if (!Array.isArray(block['media'] ?? [])) {
      throw new Unreadable(`reservation_attributes.${sid}.media is not a list`);
    }
  }
};
