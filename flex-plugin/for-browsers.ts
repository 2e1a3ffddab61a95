/** Replacements for functions of Node that the browsers of agents do not have. */

/** Replaces `JSON.isRawJSON`. Flex itself parses the attributes, so none of them is raw. */
export function isRawJson(): boolean {
  return false;
}

/**
 * Replaces `hash` of `node:crypto`. The browser's own SHA-256 returns a promise, and React renders at once.
 * Source: https://csrc.nist.gov/pubs/fips/180-4/upd1/final
 * @returns the SHA-256 of the text's UTF-8, in base64url
 */
export function hash(_algorithm: 'sha256', text: string, _encoding: 'base64url'): string {
  const message = new TextEncoder().encode(text);
  const bytes = new Uint8Array(((message.length + 72) >> 6) << 6);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const blocks = new DataView(bytes.buffer);
  blocks.setUint32(bytes.length - 4, message.length * 8);

  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
  const fractionBits = (root: number) => ((root % 1) * 2 ** 32) | 0;
  const constants = primes.map((prime) => fractionBits(Math.cbrt(prime)));
  let state = primes.slice(0, 8).map((prime) => fractionBits(Math.sqrt(prime)));
  for (let start = 0; start < bytes.length; start += 64) {
    state = compress(state, (at) => blocks.getUint32(start + at * 4), constants);
  }

  const digest = state.flatMap((word) => [24, 16, 8, 0].map((by) => (word >>> by) & 255));
  const base64 = btoa(String.fromCharCode(...digest));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
}

/** The state after one more block of 16 words. */
function compress(
  state: readonly number[],
  wordOfBlock: (at: number) => number,
  constants: readonly number[],
): number[] {
  const words: number[] = [];
  const before = (at: number, count: number) => words[at - count] ?? 0;
  const next = constants.reduce(
    ([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0], k, at) => {
      const [two, fifteen] = [before(at, 2), before(at, 15)];
      const word =
        at < 16
          ? wordOfBlock(at)
          : before(at, 16) +
            (turn(fifteen, 7, 18) ^ (fifteen >>> 3)) +
            before(at, 7) +
            (turn(two, 17, 19) ^ (two >>> 10));
      words.push(word | 0);
      const sum = h + turn(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + k + word;
      const majority = (a & b) ^ (a & c) ^ (b & c);
      return [(sum + turn(a, 2, 13, 22) + majority) | 0, a, b, c, (d + sum) | 0, e, f, g];
    },
    state,
  );
  return state.map((word, at) => (word + (next[at] ?? 0)) | 0);
}

/** Rotates the word right by each of these numbers, and combines the results by XOR. */
function turn(word: number, ...by: readonly number[]): number {
  return by.reduce((all, bits) => all ^ ((word >>> bits) | (word << (32 - bits))), 0);
}
