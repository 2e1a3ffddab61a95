import * as z from 'zod';
import { SourceConfig, type Sources } from '../shared/config/source.ts';
import { SourceName } from '../shared/message/ticket-change.ts';

type WithoutSecretName<Source> = Source extends unknown ? Omit<Source, 'secret'> : never;

/** A source as a stack configures it: with its signing secrets, and without a name for where they are kept. */
export interface StackSource {
  readonly config: WithoutSecretName<SourceConfig>;
  /** The present one first, then those that are being rotated out. */
  readonly signingSecrets: readonly string[];
}

const signingSecret = z
  .string('must be text')
  .min(16, 'must be a signing secret of 16 characters at least');

const WithSigningSecrets = z.looseObject(
  {
    signingSecrets: z.union(
      [z.array(signingSecret).min(1), signingSecret.transform((one) => [one])],
      'must be the secret that the CRM signs with, or a list of such, 16 characters or more each',
    ),
  },
  'must be an object',
);

/** As long as the name of a secret may come to be; what stands in for it until it is made. */
const standIn = 'x'.repeat(64);

/** `pulumi config set --path` makes a number of an id. See https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/ */
const idAsText = (source: object): object =>
  'sidField' in source && typeof source.sidField === 'number'
    ? { ...source, sidField: String(source.sidField) }
    : source;

const StackSource = z.unknown().transform((value, context): StackSource => {
  const secrets = WithSigningSecrets.safeParse(value);
  const { signingSecrets: _, ...declared } = Object(value) as Record<string, unknown>;
  const source = SourceConfig.safeParse({ ...idAsText(declared), secret: standIn });
  if ('secret' in declared) {
    context.addIssue({ code: 'unrecognized_keys', keys: ['secret'], input: declared });
  } else if (secrets.success && source.success) {
    const { secret: __, ...config } = source.data;
    return { config, signingSecrets: secrets.data.signingSecrets };
  }
  for (const { error } of [secrets, source]) {
    for (const issue of error?.issues ?? []) context.addIssue({ ...issue });
  }
  return z.NEVER;
});

/** The sources as the function reads them, with the name that the secret of each was given. */
export const sourcesWithSecrets = (
  sources: Readonly<Record<string, StackSource>>,
  secretNames: Readonly<Record<string, string>>,
): Sources =>
  Object.fromEntries(
    Object.entries(sources).map(([name, { config }]) => {
      const secret = secretNames[name];
      if (secret === undefined) throw new Error(`Source ${name} has no secret`);
      return [name, { ...config, secret }];
    }),
  );

/**
 * A function's environment holds 4 KB in all; this leaves room for the rest of it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const longestSources = 3400;

/** All sources, by name. */
export const StackSources = z
  .record(SourceName, StackSource, 'must hold each source by its name')
  .superRefine((sources, context) => {
    const names = Object.keys(sources);
    if (names.length === 0) {
      context.addIssue({ code: 'custom', message: 'must hold a source at least' });
    }
    const standIns = Object.fromEntries(names.map((name) => [name, standIn]));
    const { length } = JSON.stringify(sourcesWithSecrets(sources, standIns));
    if (length > longestSources) {
      context.addIssue({
        code: 'custom',
        message: `take ${length} characters as JSON, and the function's environment has room for ${longestSources}: shorten them, or put some on a stack of their own`,
      });
    }
  });
