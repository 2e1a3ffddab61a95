import { hash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Receipt } from './queue-requests.ts';

/** A receipt, and when its message becomes visible again, in milliseconds since 1970. */
interface HeldReceipt extends Receipt {
  hiddenUntil: number;
}

/** Receipts that are handled together. */
interface ReceiptGroup {
  receipts: readonly Receipt[];
  /** Records when the messages become visible now. Messages that SQS did not change are extended again later. */
  update: (changed: readonly HeldReceipt[]) => void;
}

/**
 * The receipts of the messages that a scan holds, in bounded memory. The newest are in memory. All others are in a
 * temporary file that only its owner can read. An SQS receipt has some hundred characters, and a queue may have
 * 120,000 messages in flight.
 */
export class HeldReceipts {
  readonly #newest = new Map<string, HeldReceipt>();
  /** Parts of the file, each with the time when the first of its messages becomes visible. */
  readonly #segments: { offset: number; bytes: number; hiddenUntil: number }[] = [];
  #file: FileHandle | undefined;
  #fileBytes = 0;

  add(receipt: HeldReceipt): void {
    this.#newest.set(receipt.id, receipt);
  }

  /** The latest receipt of a message. Undefined if it is in the file. */
  get(id: string): Receipt | undefined {
    return this.#newest.get(id);
  }

  /** Removes a message that was deleted. A receipt in the file stays there: SQS ignores it from now on. */
  delete(id: string): void {
    this.#newest.delete(id);
  }

  /** Moves the older half of the receipts in memory to the file, if there are too many. */
  async spill(): Promise<void> {
    if (this.#newest.size < maxInMemory) return;
    const older = [...this.#newest.values()].slice(0, maxInMemory / 2);
    for (const { id } of older) this.#newest.delete(id);
    this.#file ??= await createTemporaryFile();
    const text = Buffer.from(older.map(({ id, handle }) => `${id} ${handle}`).join('\n'));
    await this.#file.write(text, 0, text.length, this.#fileBytes);
    const segment = { offset: this.#fileBytes, bytes: text.length };
    this.#segments.push({ ...segment, hiddenUntil: firstVisible(older) });
    this.#fileBytes += text.length;
  }

  /** The receipts whose messages become visible before that time, in groups. */
  async *visibleBefore(time: number): AsyncGenerator<ReceiptGroup> {
    for (const segment of this.#segments.filter(({ hiddenUntil }) => hiddenUntil <= time)) {
      const receipts = await this.#read(segment);
      yield {
        receipts,
        update: (changed) => {
          if (changed.length === receipts.length) segment.hiddenUntil = firstVisible(changed);
        },
      };
    }
    yield {
      receipts: [...this.#newest.values()].filter(({ hiddenUntil }) => hiddenUntil <= time),
      update: (changed) => {
        for (const receipt of changed) {
          // SQS may have returned the message once more in the meantime.
          if (this.#newest.get(receipt.id)?.handle === receipt.handle) this.add(receipt);
        }
      },
    };
  }

  /** Removes all receipts and the file. */
  async clear(): Promise<void> {
    this.#newest.clear();
    this.#segments.splice(0);
    await this.#file?.close();
    this.#file = undefined;
  }

  async #read({ offset, bytes }: { offset: number; bytes: number }): Promise<readonly Receipt[]> {
    const buffer = Buffer.alloc(bytes);
    await this.#file?.read(buffer, 0, bytes, offset);
    return buffer
      .toString()
      .split('\n')
      .map((line) => {
        const end = line.indexOf(' ');
        return { id: line.slice(0, end), handle: line.slice(end + 1) };
      });
  }
}

const maxInMemory = 4000;

function firstVisible(receipts: readonly HeldReceipt[]): number {
  return Math.min(...receipts.map(({ hiddenUntil }) => hiddenUntil));
}

/** Creates a file without a name. It disappears when the process ends in any way. */
async function createTemporaryFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `crm-media-sync-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}

/**
 * A set of texts that needs little more than 8 bytes for each text: it keeps a hash of 64 bits. In one of four
 * billion sets of 100,000 texts, two texts have the same hash. Then the second counts as the first.
 */
export class CompactSet {
  /** The slots of the hash table (open addressing). 0 is an empty slot. */
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

/** The slot of a key, or the empty slot where it belongs. */
function slotOf(slots: BigUint64Array, key: bigint): number {
  const mask = slots.length - 1;
  let slot = Number(key & BigInt(mask));
  while (slots[slot] !== 0n && slots[slot] !== key) slot = (slot + 1) & mask;
  return slot;
}
