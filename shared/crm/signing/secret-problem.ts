import type { HttpSource } from '../source.ts';

/** What is wrong with a signing secret of a source, if anything; never quotes it. */
export function secretProblem(source: HttpSource, secret: string): string | undefined {
  if (secret === '')
    return 'is empty: anybody could sign with it; store the one the CRM signs with';
  if (source.publishedSecrets.includes(secret)) {
    return "is published in the vendor's documentation: anybody could sign with it; store your own";
  }
  if (secret.length < minLength) {
    return `has ${secret.length} characters; a signing secret has at least ${minLength}`;
  }
  const problem = source.secretProblem?.(secret);
  if (problem !== undefined || printable.test(secret)) return problem;
  return 'has characters that are not printable ASCII; store it again as the CRM shows it';
}

/** To an HMAC a key and the same key with a zero byte after it are equal: other characters are excluded. */
const printable = /^[\x20-\x7e]*$/;

/** A shorter secret could be guessed. */
const minLength = 16;
