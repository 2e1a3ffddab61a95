import type { HttpSource } from '../source.ts';

/** An HMAC takes a key and the same key with a zero byte behind it for one: nothing of the kind gets in. */
const printable = /^[\x20-\x7e]*$/;

/** Shorter secrets could be found by trying. */
const minLength = 16;

/** What is wrong with a signing secret of a source, if anything; never quotes it. */
export function secretProblem(source: HttpSource, secret: string): string | undefined {
  if (secret === '')
    return 'is empty: anybody could sign with it; store the one the CRM signs with';
  if (source.publishedSecrets.includes(secret)) {
    return "stands in the vendor's documentation: anybody could sign with it; store your own";
  }
  if (secret.length < minLength) {
    return `has ${secret.length} characters; a signing secret has ${minLength} at least`;
  }
  const problem = source.secretProblem?.(secret);
  if (problem !== undefined || printable.test(secret)) return problem;
  return 'holds other characters than printable ASCII; store it again as the CRM shows it';
}
