import type { EventBusCrm, HttpCrm } from '../fixtures/crm.ts';
import { loadCrms } from '../fixtures/load.ts';
import { secretProblem } from '../lambdas/crm-change/secret-problem.ts';
import { sourceKinds } from '../lambdas/crm-change/source-config.ts';
import type { HttpSource } from '../lambdas/crm-change/sources/source.ts';

/** One source of every kind, with the CRM that stands behind it. */
export type WorldSource = { readonly name: string; readonly kind: string } & (
  | {
      readonly transport: 'http';
      readonly crm: HttpCrm;
      readonly source: HttpSource;
      readonly secret: string;
    }
  | { readonly transport: 'event-bus'; readonly crm: EventBusCrm }
);

/** A source bears the name of its kind, save this one, which may be anything. */
const nameOf = (kind: string): string => (kind === 'standard-webhooks' ? 'generic' : kind);

/** A secret must not have come to nothing on its way here, nor be one that everybody knows. */
const checked = (name: string, source: HttpSource, secret: string): string => {
  const problem = secretProblem(source, secret);
  if (problem !== undefined) throw new Error(`The secret of ${name} ${problem}`);
  return secret;
};

/**
 * The sources of the embedded world: one of every kind, each with the secret that is given by its
 * name, or a new one.
 * @throws Error that names the source when a secret must not be used, or is for no source.
 */
export const worldSources = async (
  secrets: Readonly<Record<string, string>>,
): Promise<readonly WorldSource[]> => {
  const sources = [...(await loadCrms())].map(([kind, crm]): WorldSource => {
    const name = nameOf(kind);
    if (crm.transport === 'event-bus') return { name, kind, transport: 'event-bus', crm };
    const source = sourceKinds.get(kind);
    if (source?.transport !== 'http') throw new Error(`${kind} does not come by HTTP`);
    const secret = checked(name, source, secrets[name] ?? crm.newSecret());
    return { name, kind, transport: 'http', crm, source, secret };
  });
  const signing = sources.filter(({ transport }) => transport === 'http').map(({ name }) => name);
  const unknown = Object.keys(secrets).find((name) => !signing.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${unknown} is no source that signs: those are ${signing.join(', ')}`);
  }
  return sources;
};
