import { hash } from 'node:crypto';

/**
 * A set of texts that needs 8 bytes and a little room for each: it keeps a hash of 64 bits. Two of 100,000
 * texts have the same hash once in four billion sets; the second counts as the first then.
 */
export class CompactSet {
  /** Open addressing; 0 is an empty slot. */
  #slots = new BigUint64Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(text: string): boolean {
    const key = keyOf(text);
    return this.#slots[slotOf(this.#slots, key)] === key;
  }

  add(text: string): void {
    if (this.#size * 2 >= this.#slots.length) {
      const larger = new BigUint64Array(this.#slots.length * 2);
      for (const key of this.#slots) if (key !== 0n) larger[slotOf(larger, key)] = key;
      this.#slots = larger;
    }
    const key = keyOf(text);
    const slot = slotOf(this.#slots, key);
    if (this.#slots[slot] === key) return;
    this.#slots[slot] = key;
    this.#size += 1;
  }
}

function keyOf(text: string): bigint {
  const key = hash('sha1', text, 'buffer').readBigUInt64LE();
  return key === 0n ? 1n : key;
}

/** The slot that holds a key, or the empty one where it belongs. */
function slotOf(slots: BigUint64Array, key: bigint): number {
  const mask = slots.length - 1;
  let slot = Number(key & BigInt(mask));
  while (slots[slot] !== 0n && slots[slot] !== key) slot = (slot + 1) & mask;
  return slot;
}
