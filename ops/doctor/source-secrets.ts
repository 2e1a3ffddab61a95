import { secretProblem } from '../../lambdas/crm-change/secret-problem.ts';
import { sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import { Unavailable } from '../../shared/door/failures.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { ReadSecret } from './aws/stored-secrets.ts';
import { failed, ok, type Observation, unknown, type CheckResult } from './finding.ts';
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

const checkSecret = async (
  source: string,
  kind: string,
  name: string | undefined,
  readSecret: ReadSecret,
  applyHint: string,
): Promise<CheckResult> => {
  const sourceKind = sourceKinds.get(kind);
  const configHint = `Set sources.${source}.signingSecrets to what the CRM signs with, then ${applyHint}.`;
  if (sourceKind === undefined) {
    return unknown(
      `this version knows no kind ${kind}`,
      'Run the version that was deployed, or deploy this one.',
    );
  }
  if (sourceKind.transport === 'event-bus')
    return ok('none: it comes by EventBridge, which vouches for it');
  if (name === undefined) return failed('the stack names no secret for it', configHint);
  const secret = await readSecret(name);
  if ('problem' in secret) return secret.problem;
  try {
    const secrets = secretList(secret.text, name);
    const problems = problemsOf(secrets, (text) => secretProblem(sourceKind, text));
    if (problems.length > 0) return failed(problems.join('\n'), configHint);
    return ok(
      secrets.length > 1
        ? `${secrets.length} of the right form: one is being rotated out`
        : "of the right form; only a webhook shows whether it is the CRM's",
    );
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return failed(error.message, configHint);
  }
};

/** The secrets that the deployed crm-change verifies webhooks with. */
export const checkSourceSecrets = (
  { sources, secrets }: Pick<Deployment, 'sources' | 'secrets'>,
  readSecret: ReadSecret,
  applyHint: string,
): Promise<readonly Observation[]> =>
  Promise.all(
    Object.entries(sources).map(async ([source, { kind }]) => ({
      about: source,
      ...(await checkSecret(source, kind, secrets.sources[source], readSecret, applyHint)),
    })),
  );
