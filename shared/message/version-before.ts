/**
 * The version just before another: of a removal that has to give way to the link of that other where
 * both come to one Task. There is none before 0.
 */
export const versionBefore = (version: string): string =>
  version === '0' ? version : String(BigInt(version) - 1n);
