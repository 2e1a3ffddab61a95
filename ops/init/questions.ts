import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { configPath, type SettingPath } from '../../infra/config/setting.ts';
import { sourceKinds } from '../../shared/crm/config.ts';
import { type Source, secretProblem } from '../../shared/crm/source.ts';
import { jsonText } from '../../shared/json.ts';
import {
  type PulumiConfig,
  parsePulumiConfig,
  project,
  regionSetting,
} from '../deployment/pulumi-config.ts';
import { regionProblem } from '../doctor/aws-account.ts';

/** A question about one setting. */
export interface Question {
  path: SettingPath;
  text: string;
  /** Whether the value is encrypted, and hidden while the person types. */
  secret: boolean;
  /** Whether it may have no value. */
  optional: boolean;
  /** The value if the answer is empty. */
  suggestion?: string | undefined;
  /** Creates a secret if the answer is empty. */
  generate?: (() => string) | undefined;
}

export const regionQuestion = question([regionSetting], 'AWS region, e.g. eu-west-1');

/** The questions about the Twilio account. */
export function twilioQuestions(twilio: unknown): readonly Question[] {
  // A list has several tokens during a rotation. The first is the new one.
  const token = Array.isArray(Object(twilio)['authToken']) ? [0] : [];
  return [
    question(['twilio', 'accountSid'], 'SID of the Twilio account (AC…)'),
    question(['twilio', 'workspaceSid'], 'SID of the TaskRouter Workspace of Flex (WS…)'),
    question(['twilio', 'apiKey'], 'SID of the API key (SK…)'),
    question(['twilio', 'apiSecret'], 'Secret of the API key', { secret: true }),
    question(['twilio', 'authToken', ...token], 'Primary Auth Token of the account', {
      secret: true,
    }),
  ];
}

/** The question about the kind of a source. */
export function kindQuestion(name: string): Question {
  const kinds = [...sourceKinds.keys()];
  return question(['sources', name, 'kind'], `Kind of CRM: ${kinds.join(', ')}`, {
    suggestion: sourceKinds.has(name) ? name : undefined,
  });
}

/**
 * The other questions about a source: its ticket page, the conversation of a ticket, and its secret.
 * @param source its settings so far, with a kind that exists
 */
export function sourceQuestions(name: string, source: unknown): readonly Question[] {
  const { kind: kindName, signingSecrets } = Object(source);
  const kind = sourceKinds.get(String(kindName));
  if (kind === undefined) throw new Error(`There is no kind ${kindName}`);
  const of = (key: string, ...rest: readonly number[]) => ['sources', name, key, ...rest];
  const own = Object.keys(kind.settings).filter((key) => isRequired(kind, key));
  const sidSetting = sidSettingOf(kind);
  const secretPath =
    typeof signingSecrets === 'string' ? of('signingSecrets') : of('signingSecrets', 0);
  return [
    question(of('ticketUrl'), 'URL of the ticket page, with {id} in place of the ticket id'),
    ...own.map((key) => question(of(key), ownTexts[key] ?? key)),
    ...(kind.transport === 'event-bus'
      ? [question(of('partnerEventSource'), 'Partner event source in EventBridge (aws.partner/…)')]
      : []),
    question(of('taskAttribute'), 'Task attribute that holds the ticket id, e.g. zd_ticket_id', {
      optional: true,
    }),
    ...(sidSetting === undefined
      ? []
      : [
          question(
            of(sidSetting),
            'Field of the ticket that holds the SID of a Task, call or conversation',
            { optional: true },
          ),
        ]),
    ...(kind.transport === 'http'
      ? [
          question(secretPath, 'Signing secret of the CRM', {
            secret: true,
            generate: () => randomSecret(kind),
          }),
        ]
      : []),
  ];
}

export const alarmQuestion = question(['alarms', 'email'], 'Email address that receives alarms', {
  optional: true,
});

/** The texts for settings that only one kind requires. */
const ownTexts: Readonly<Record<string, string>> = {
  organizationId: 'Id of the Salesforce organisation (00D…)',
  portalId: 'HubSpot account (Hub ID)',
  appId: 'Id of the Intercom workspace',
};

function question(
  path: SettingPath,
  text: string,
  options: Partial<Omit<Question, 'path' | 'text'>> = {},
): Question {
  return { path, text, secret: false, optional: false, ...options };
}

function isRequired({ settings }: Source, key: string): boolean {
  const schema = Object(settings)[key];
  return !schema.safeParse(undefined).success;
}

/** A random secret in a form that the kind accepts. */
function randomSecret(kind: Source & { transport: 'http' }): string {
  const bytes = randomBytes(32);
  const forms = [bytes.toString('hex'), `whsec_${bytes.toString('base64')}`];
  const secret = forms.find((form) => secretProblem(kind, form) === undefined);
  if (secret === undefined) throw new Error('No form of a random secret fits');
  return secret;
}

/** The settings of a stack by section, and the region. */
export type Settings = Readonly<Record<string, unknown>>;

/** The problem of a setting, by the schemas of the configuration. */
export function problemAt(
  settings: Settings,
  path: SettingPath,
  stack: string,
): string | undefined {
  if (path[0] === regionSetting) return regionProblem(String(settings[regionSetting]));
  const about = configPath(path);
  const parsed = parsePulumiConfig(pulumiConfigOf(settings), stack);
  if (parsed.config !== undefined) return undefined;
  // The problem of a secret may be reported for its list.
  return parsed.problems.find((each) => each.path.startsWith(about) || about === `${each.path}[0]`)
    ?.message;
}

/** Whether a source has no setting for a SID or a ticket id, although its kind has both settings. */
export function lacksConversation(settings: Settings, source: string): boolean {
  const { kind, ...given } = Object(valueAt(settings, ['sources', source]));
  const sidSetting = sidSettingOf(sourceKinds.get(kind));
  return sidSetting !== undefined && !('taskAttribute' in given) && !(sidSetting in given);
}

/** The setting of a kind that names the field with a Twilio SID, if it has one. */
function sidSettingOf(kind: Source | undefined): string | undefined {
  return Object.keys(kind?.settings ?? {}).find((key) => key.startsWith('sid'));
}

/** The settings in the configuration of a stack, with secrets in plain text. */
export function settingsOf(config: PulumiConfig): Settings {
  const ours = `${project}:`;
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, { value }]) => {
      if (key === regionSetting) return [[key, value]];
      if (!key.startsWith(ours)) return [];
      return [[key.slice(ours.length), jsonText(z.unknown()).safeParse(value).data ?? value]];
    }),
  );
}

/**
 * Settings in the form of Pulumi's output, as if each section were encrypted. At its end, `init` checks which are.
 */
function pulumiConfigOf(settings: Settings): PulumiConfig {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name === regionSetting ? name : `${project}:${name}`,
      { value: typeof value === 'string' ? value : JSON.stringify(value), secret: true },
    ]),
  );
}

export function valueAt(settings: Settings, path: SettingPath): unknown {
  return path.reduce<unknown>((value, key) => Object(value)[key], settings);
}

/** A copy of settings with one value changed. A number in the path is the index of a list. */
export function withValue(settings: Settings, path: SettingPath, value: string): Settings {
  const copy = structuredClone(settings);
  path.reduce<Record<PropertyKey, unknown>>(
    (held, key, index) => {
      const next = path[index + 1];
      held[key] = next === undefined ? value : (held[key] ?? (typeof next === 'number' ? [] : {}));
      return Object(held[key]);
    },
    copy as Record<PropertyKey, unknown>,
  );
  return copy;
}
