import { canonical, type JsonObject } from './json.ts';
import { ledgerAttribute, shortHash } from './ledger.ts';

const parts = (attributes: JsonObject) => {
  const { [ledgerAttribute]: ledger, ...others } = attributes;
  return { ledger, others };
};

/** Hash of all attributes but the ledger, by their meaning. */
export const sealOf = (attributes: JsonObject): string =>
  shortHash(canonical(parts(attributes).others));

const sealAtEnd = / ~[\w-]{4}$/;

/**
 * Whether the attributes mean what they did when we last wrote them. TaskRouter tells of our own
 * writes as of any other's: this is how ours are known.
 */
export const isSealed = (attributes: JsonObject): boolean => {
  const { ledger } = parts(attributes);
  return typeof ledger === 'string' && ledger.endsWith(` ~${sealOf(attributes)}`);
};

/** The attributes with an unsealed ledger: a seal that others have broken is no reason to write. */
export const withoutSeal = (attributes: JsonObject): JsonObject => {
  const { ledger, others } = parts(attributes);
  return typeof ledger === 'string'
    ? { ...others, [ledgerAttribute]: ledger.replace(sealAtEnd, '') }
    : attributes;
};
