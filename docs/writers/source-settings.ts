import * as z from 'zod';
import { SourceConfig, sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import type { Setting } from './settings.ts';
import {
  type KindWords,
  kindWords,
  partnerEventSourceWords,
  sharedWords,
  signingSecretsWords,
} from './source-words.ts';

export interface Kind extends KindWords {
  readonly kind: string;
  /** Whether it comes by HTTP and is signed. */
  readonly isSigned: boolean;
  /** What it has beside what all kinds share. */
  readonly own: readonly Setting[];
}

/** What the schema of a kind says of each of its settings. */
const Options = z.object({
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

type Option = z.output<typeof Options>['oneOf'][number];

const options = (): readonly Option[] =>
  Options.parse(z.toJSONSchema(SourceConfig, { io: 'input', unrepresentable: 'any' })).oneOf;

const kindOf = ({ properties }: Option): string => properties['kind']?.const ?? '';

const settingOf = (
  key: string,
  words: Omit<Setting, 'path' | 'required' | 'default'> | undefined,
  { properties, required }: Option,
): Setting => {
  if (words === undefined) throw new Error(`docs/writers/source-words.ts has no words for ${key}`);
  return {
    ...words,
    path: ['sources', '<name>', key],
    default: properties[key]?.default,
    required: required.includes(key),
  };
};

/** What a kind has in its schema and a stack does not set: names that the program gives. */
const byTransport = ['secret', 'partnerEventSource'];

/** The settings that all kinds share, with the secrets that all but those of EventBridge have. */
export const sharedSettings = (): readonly Setting[] => {
  const [first] = options();
  if (first === undefined) throw new Error('There is no kind of source');
  return [
    ...Object.keys(sharedWords).map((key) => settingOf(key, sharedWords[key], first)),
    { ...signingSecretsWords, path: ['sources', '<name>', 'signingSecrets'], required: true },
  ];
};

/** Every kind, with the settings that are its own. */
export const kindsOfSources = (): readonly Kind[] =>
  options().map((option) => {
    const kind = kindOf(option);
    const words = kindWords[kind];
    if (words === undefined)
      throw new Error(`docs/writers/source-words.ts has no words for ${kind}`);
    const keys = Object.keys(option.properties).filter(
      (key) => !(key in sharedWords) && !byTransport.includes(key),
    );
    const isSigned = sourceKinds.get(kind)?.transport === 'http';
    const bus = isSigned ? [] : [settingOf('partnerEventSource', partnerEventSourceWords, option)];
    const settings = keys.map((key) => settingOf(key, words.settings[key], option));
    return { ...words, kind, isSigned, own: [...bus, ...settings] };
  });
