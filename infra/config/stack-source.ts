import * as z from 'zod';
import { secretProblem } from '../../lambdas/crm-change/secret-problem.ts';
import { SourceConfig, sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import type { HttpSource } from '../../lambdas/crm-change/sources/source.ts';
import { errorMessages } from './plain-words.ts';
import { oneOrMoreSecrets } from './secret-or-several.ts';

/** A source as a stack configures it: with its signing secrets, and without a name for where they are kept. */
export interface StackSource {
  readonly config: SourceConfig;
  /** The present one first, then those that are being rotated out; none where nothing is signed. */
  readonly signingSecrets: readonly string[];
}

/** Stands for the name of a secret until that is made. */
const placeholderSecret = 'x';

/** The kind of that name, if it comes by HTTP. */
export const httpKind = (kind: unknown): HttpSource | undefined => {
  const source = sourceKinds.get(String(kind));
  return source?.transport === 'http' ? source : undefined;
};

const signingSecretsOf = (source: HttpSource) =>
  oneOrMoreSecrets(
    (secret) => secretProblem(source, secret),
    'must be the secret that the CRM signs with, or a list of such',
  );

type RawSource = Readonly<Record<string, unknown>>;

/**
 * Settings that all kinds have, and those of them that a rule holds together. What is wrong with these
 * is told whatever the kind is, and whatever else is wrong.
 */
const commonSettings = [
  ['ticketUrl', 'allowedHosts', 'linkType', 'title', 'titleFromCrm', 'taskAttribute'],
  ['ticketUrl', 'allowedHosts'],
];

/** What is wrong with the settings that all kinds have: asked of a kind that has no others. */
const commonIssues = (given: RawSource): readonly z.core.$ZodIssue[] =>
  commonSettings.flatMap((keys) => {
    const some = Object.entries(given).filter(([key]) => keys.includes(key));
    const bare = { ...Object.fromEntries(some), kind: 'standard-webhooks', secret: placeholderSecret };
    return SourceConfig.safeParse(bare, { error: errorMessages }).error?.issues ?? [];
  });

/** One source as it stands in the configuration. */
export const StackSource = z
  .looseObject({}, 'must be settings, each by its name')
  .transform((given: RawSource, context): StackSource => {
    const http = httpKind(given['kind']);
    const { signingSecrets: _, ...declared } = given;
    const secrets = http && z.object({ signingSecrets: signingSecretsOf(http) }).safeParse(given);
    const rest = http === undefined ? given : { ...declared, secret: placeholderSecret };
    const source = SourceConfig.safeParse(rest, { error: errorMessages });
    if ('secret' in given) {
      context.addIssue({ code: 'unrecognized_keys', keys: ['secret'], input: declared });
    } else if (source.success && (secrets === undefined || secrets.success)) {
      return { config: source.data, signingSecrets: secrets?.data.signingSecrets ?? [] };
    }
    const issues = [
      ...(source.error?.issues ?? []),
      ...commonIssues(given),
      ...(secrets?.error?.issues ?? []),
    ];
    for (const issue of issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
