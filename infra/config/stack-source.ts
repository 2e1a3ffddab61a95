import * as z from 'zod';
import { secretProblem } from '../../lambdas/crm-change/secret-problem.ts';
import { SourceConfig, sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import type { HttpSource } from '../../lambdas/crm-change/sources/source.ts';
import { plainWords } from './plain-words.ts';
import { secretOrSeveral } from './secret-or-several.ts';

/** A source as a stack configures it: with its signing secrets, and without a name for where they are kept. */
export interface StackSource {
  readonly config: SourceConfig;
  /** The present one first, then those that are being rotated out; none where nothing is signed. */
  readonly signingSecrets: readonly string[];
}

/** Stands for the name of a secret until that is made. */
const standIn = 'x';

/** The kind of that name, if it comes by HTTP. */
export const httpKind = (kind: unknown): HttpSource | undefined => {
  const source = sourceKinds.get(String(kind));
  return source?.transport === 'http' ? source : undefined;
};

const signingSecrets = (source: HttpSource) =>
  secretOrSeveral(
    (secret) => secretProblem(source, secret),
    'must be the secret that the CRM signs with, or a list of such',
  );

type Given = Readonly<Record<string, unknown>>;

/**
 * Settings that all kinds have, and those of them that a rule holds together. What is wrong with these
 * is told whatever the kind is, and whatever else is wrong.
 */
const shared = [
  ['ticketUrl', 'allowedHosts', 'linkType', 'title', 'titleFromCrm', 'taskAttribute'],
  ['ticketUrl', 'allowedHosts'],
];

/** What is wrong with the settings that all kinds have: asked of a kind that has no others. */
const sharedIssues = (given: Given): readonly z.core.$ZodIssue[] =>
  shared.flatMap((keys) => {
    const some = Object.entries(given).filter(([key]) => keys.includes(key));
    const bare = { ...Object.fromEntries(some), kind: 'standard-webhooks', secret: standIn };
    return SourceConfig.safeParse(bare, { error: plainWords }).error?.issues ?? [];
  });

/** One source as it stands in the configuration. */
export const StackSource = z
  .looseObject({}, 'must be settings, each by its name')
  .transform((given: Given, context): StackSource => {
    const http = httpKind(given['kind']);
    const { signingSecrets: _, ...declared } = given;
    const secrets = http && z.object({ signingSecrets: signingSecrets(http) }).safeParse(given);
    const rest = http === undefined ? given : { ...declared, secret: standIn };
    const source = SourceConfig.safeParse(rest, { error: plainWords });
    if ('secret' in given) {
      context.addIssue({ code: 'unrecognized_keys', keys: ['secret'], input: declared });
    } else if (source.success && (secrets === undefined || secrets.success)) {
      return { config: source.data, signingSecrets: secrets?.data.signingSecrets ?? [] };
    }
    const issues = [
      ...(source.error?.issues ?? []),
      ...sharedIssues(given),
      ...(secrets?.error?.issues ?? []),
    ];
    for (const issue of issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
