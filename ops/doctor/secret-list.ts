import { signingSecrets } from '../../shared/door/signing-secrets.ts';

const noProblem = () => undefined;

/**
 * The secrets in a secret's text, as the doors read them, whatever is wrong with each.
 * @throws Unavailable when it is neither a text nor a list of such
 */
export const secretList = (text: string, name: string): readonly string[] =>
  signingSecrets(text, name, noProblem);
