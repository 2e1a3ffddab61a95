/** 2001. Other things that versions count may be of this size too: it only looks like a time. */
const earliest = 1_000_000_000_000n;
const latest = BigInt(Date.UTC(2100, 0));

/** A version as a time in ISO 8601, where it looks like milliseconds since 1970. */
export const versionTime = (version: bigint): { readonly at?: string } =>
  version >= earliest && version < latest ? { at: new Date(Number(version)).toISOString() } : {};
