import type { Crm, EventBusCrm, HttpCrm } from '../fixtures/crm.ts';
import { loadCrms } from '../fixtures/load.ts';
import { sourceKinds } from '../shared/crm/config.ts';
import { type HttpSource, secretProblem } from '../shared/crm/source.ts';

/** A source of the local stack, with the stand-in for its CRM. */
export type LocalSource = { name: string; kind: string } & (
  | {
      transport: 'http';
      crm: HttpCrm;
      source: HttpSource;
      secret: string;
    }
  | { transport: 'event-bus'; crm: EventBusCrm }
);

/**
 * The sources of the local stack, one of each kind.
 * @param given signing secrets, by the name of the source
 * @param saved secrets of an earlier start, for sources without a given one. All others get a new secret
 * @param settings settings that differ from the stand-in's, by the name of the source
 * @throws Error that names the source if a given secret is not allowed, or if no such source has a signing secret
 */
export async function createLocalSources(
  given: Readonly<Record<string, string>>,
  saved: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<readonly LocalSource[]> {
  const sources = [...(await loadCrms())].map(([kind, standIn]): LocalSource => {
    const name = sourceName(kind);
    const crm = withSettings(standIn, settings[name]);
    if (crm.transport === 'event-bus') return { name, kind, transport: 'event-bus', crm };
    const source = sourceKinds.get(kind);
    if (source?.transport !== 'http') throw new Error(`${kind} is not an HTTP source`);
    const secret = given[name] ?? saved[name] ?? crm.newSecret();
    const problem = secretProblem(source, secret);
    if (problem !== undefined) throw new Error(`The secret of ${name} ${problem}`);
    return { name, kind, transport: 'http', crm, source, secret };
  });
  const signing = sources.filter(({ transport }) => transport === 'http').map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !signing.includes(name));
  if (unknown !== undefined) {
    throw new Error(
      `${unknown} is not a source with a signing secret. Those sources are ${signing.join(', ')}`,
    );
  }
  return sources;
}

function withSettings(crm: Crm, settings: Readonly<Record<string, unknown>> = {}): Crm {
  return crm.transport === 'http'
    ? { ...crm, settings: { ...crm.settings, ...settings } }
    : { ...crm, settings: { ...crm.settings, ...settings } };
}

/**
 * A source has the name of its kind. One source has another name, because names that do not contain the kind must
 * work too.
 */
function sourceName(kind: string): string {
  return kind === 'standard-webhooks' ? 'generic' : kind;
}
