import { createHash, randomBytes } from 'node:crypto';

/** A new SID: two letters and 32 hexadecimal digits. */
export const newSid = (prefix: string): string => prefix + randomBytes(16).toString('hex');

/** The same SID for the same name, at all times. */
export const stableSid = (prefix: string, name: string): string =>
  prefix + createHash('md5').update(name).digest('hex');
