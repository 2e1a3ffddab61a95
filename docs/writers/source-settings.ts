import * as z from 'zod';
import { SourceConfig, sourceKinds } from '../../shared/crm/config.ts';
import type { Setting } from './settings.ts';
import {
  type KindDocs,
  kindDocs,
  partnerEventSourceDocs,
  sharedSettingDocs,
  signingSecretsDocs,
} from './source-docs.ts';

export interface SourceKindDocs extends KindDocs {
  kind: string;
  /** Whether it sends signed webhooks. */
  isSigned: boolean;
  /** The settings that not all kinds have. */
  ownSettings: readonly Setting[];
}

/** The parts of the JSON schema of a kind that the documentation needs. */
const KindSchemas = z.object({
  oneOf: z.array(
    z.object({
      properties: z
        .record(
          z.string(),
          z.object({ const: z.string().optional(), default: z.unknown().optional() }),
        )
        .refine(({ kind }) => kind?.const !== undefined),
      required: z.array(z.string()),
    }),
  ),
});

type KindSchema = z.output<typeof KindSchemas>['oneOf'][number];

/** Properties of the schema that are not documented as settings of a kind. */
const generatedSettings = ['secret', 'partnerEventSource'];

/** The settings that all kinds have, and the signing secrets, which all webhooks have. */
export function sharedSettings(): readonly Setting[] {
  const [first] = kindSchemas();
  if (first === undefined) throw new Error('There is no kind of source');
  return [
    ...Object.keys(sharedSettingDocs).map((key) => settingOf(key, sharedSettingDocs[key], first)),
    { ...signingSecretsDocs, path: ['sources', '<name>', 'signingSecrets'], required: true },
  ];
}

/** Every kind, with its own settings. */
export function kindsOfSources(): readonly SourceKindDocs[] {
  return kindSchemas().map((option) => {
    const kind = kindOf(option);
    const words = kindDocs[kind];
    if (words === undefined)
      throw new Error(`docs/writers/source-docs.ts does not describe ${kind}`);
    const keys = Object.keys(option.properties).filter(
      (key) => !(key in sharedSettingDocs) && !generatedSettings.includes(key),
    );
    const isSigned = sourceKinds.get(kind)?.transport === 'http';
    const bus = isSigned ? [] : [settingOf('partnerEventSource', partnerEventSourceDocs, option)];
    const settings = keys.map((key) => settingOf(key, words.settings[key], option));
    return { ...words, kind, isSigned, ownSettings: [...bus, ...settings] };
  });
}

function kindSchemas(): readonly KindSchema[] {
  return KindSchemas.parse(z.toJSONSchema(SourceConfig, { io: 'input', unrepresentable: 'any' }))
    .oneOf;
}

function kindOf({ properties }: KindSchema): string {
  return properties['kind']?.const ?? '';
}

function settingOf(
  key: string,
  docs: Omit<Setting, 'path' | 'required' | 'default'> | undefined,
  { properties, required }: KindSchema,
): Setting {
  if (docs === undefined) throw new Error(`docs/writers/source-docs.ts does not describe ${key}`);
  return {
    ...docs,
    path: ['sources', '<name>', key],
    default: properties[key]?.default,
    required: required.includes(key),
  };
}
