import { createHash, randomBytes } from 'node:crypto';

/** A new SID: the prefix of two letters and 32 hexadecimal digits. */
export function newSid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}

/** A SID made from a name. The same name gives the same SID. */
export function stableSid(prefix: string, name: string): string {
  return prefix + createHash('md5').update(name).digest('hex');
}
