import { secretProblem } from '../../lambdas/crm-change/secret-problem.ts';
import { sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import { Unavailable } from '../../shared/door/failures.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { ReadSecret } from './aws/stored-secrets.ts';
import { bad, ok, type Told, unknown, type Verdict } from './finding.ts';
import { secretList } from './secret-list.ts';

const problemsOf = (
  secrets: readonly string[],
  problemOf: (secret: string) => string | undefined,
): readonly string[] =>
  secrets.flatMap((secret, index) => {
    const problem = problemOf(secret);
    if (problem === undefined) return [];
    return secrets.length > 1 ? `number ${index + 1} ${problem}` : `it ${problem}`;
  });

const verdict = async (
  source: string,
  kind: string,
  name: string | undefined,
  readSecret: ReadSecret,
  applyIt: string,
): Promise<Verdict> => {
  const known = sourceKinds.get(kind);
  const setIt = `Set sources.${source}.signingSecrets to what the CRM signs with, then ${applyIt}.`;
  if (known === undefined) {
    return unknown(
      `this version knows no kind ${kind}`,
      'Run the version that was deployed, or deploy this one.',
    );
  }
  if (known.transport === 'event-bus')
    return ok('none: it comes by EventBridge, which vouches for it');
  if (name === undefined) return bad('the stack names no secret for it', setIt);
  const secret = await readSecret(name);
  if ('lacking' in secret) return secret.lacking;
  try {
    const secrets = secretList(secret.text, name);
    const problems = problemsOf(secrets, (text) => secretProblem(known, text));
    if (problems.length > 0) return bad(problems.join('\n'), setIt);
    return ok(
      secrets.length > 1
        ? `${secrets.length} of the right form: one is being rotated out`
        : "of the right form; only a webhook shows whether it is the CRM's",
    );
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return bad(error.message, setIt);
  }
};

/** The secrets that the deployed crm-change verifies webhooks with. */
export const sourceSecrets = (
  { sources, secrets }: Pick<Deployment, 'sources' | 'secrets'>,
  readSecret: ReadSecret,
  applyIt: string,
): Promise<readonly Told[]> =>
  Promise.all(
    Object.entries(sources).map(async ([source, { kind }]) => ({
      about: source,
      ...(await verdict(source, kind, secrets.sources[source], readSecret, applyIt)),
    })),
  );
