import { createHash, randomBytes } from 'node:crypto';

/** A new SID: two letters and 32 hexadecimal digits. */
export function newSid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}

/** Always the same SID for the same name. */
export function stableSid(prefix: string, name: string): string {
  return prefix + createHash('md5').update(name).digest('hex');
}
