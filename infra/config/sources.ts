import * as z from 'zod';
import { SourceConfig, type Sources, sourceKinds } from '../../shared/crm/config.ts';
import { LinkConfig, type linkSettings } from '../../shared/crm/link-settings.ts';
import type * as registry from '../../shared/crm/registry.ts';
import { type HttpSource, type Source, secretProblem } from '../../shared/crm/source.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import { errorMessages, maxPrefixLength } from './problems.ts';
import { oneOrMoreSecrets, removeCommand } from './setting.ts';

/** The sources in the form that the functions read, with the name of each source's secret. */
export function withSecretNames(
  sources: Readonly<Record<string, StackSource>>,
  secretNames: Readonly<Record<string, string>>,
): Sources {
  return Object.fromEntries(
    Object.entries(sources).map(([name, { config }]) => {
      const secret = secretNames[name];
      if (config.secret === undefined) return [name, config];
      if (secret === undefined) throw new Error(`Source ${name} has no secret`);
      return [name, { ...config, secret }];
    }),
  );
}

/** The sources that send webhooks, each with its path. `{token}` is the place of the signing secret. */
export function webhookSources(
  sources: Readonly<Record<string, StackSource>>,
): readonly { source: string; path: `/${string}` }[] {
  return Object.entries(sources).flatMap(([source, { config }]) => {
    const http = httpKind(config.kind);
    if (http === undefined) return [];
    const path = `/webhooks/${source}` as const;
    return [{ source, path: http.takesPathToken ? (`${path}/{token}` as const) : path }];
  });
}

/** How each source links tickets, for sync and for `npm run ops` (the output `sources`). */
export function linkConfigs(
  sources: Readonly<Record<string, StackSource>>,
): Readonly<Record<string, LinkConfig>> {
  return Object.fromEntries(
    Object.entries(sources).map(([name, { config }]) => [name, LinkConfig.parse(config)]),
  );
}

/** The sources whose events come through EventBridge, with the event types that they need. */
export function partnerSources(sources: Readonly<Record<string, StackSource>>) {
  return Object.entries(sources).flatMap(([source, { config }]) => {
    const kind = sourceKinds.get(config.kind);
    const { partnerEventSource } = config;
    if (kind?.transport !== 'event-bus' || partnerEventSource === undefined) return [];
    return [{ source, partnerEventSource, detailTypes: kind.detailTypes }];
  });
}

interface SourceIssue {
  code: 'custom';
  path: PropertyKey[];
  message: string;
  params?: { command: string };
}

/**
 * The environment of a function is limited to 4 KB, measured as JSON. This leaves room for the other variables.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxSourceBytes = 3400;

const noSourceIssue = sourceIssue(
  [],
  'must hold at least one source',
  'pulumi config set --path sources.<name>.kind <kind>',
);

/** Replaces the name of a secret until the secret exists. */
const placeholderSecret = 'x';

/**
 * The settings that all kinds have. Some of them share a rule. They are checked even if the kind or another setting
 * is wrong.
 */
const commonSettings = [
  ['ticketUrl', 'allowedHosts', 'linkType', 'title', 'titleFromCrm', 'taskAttribute'],
  ['ticketUrl', 'allowedHosts'],
];

/** One source in the configuration. */
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

/** All sources, by name. A problem of one source hides no problem of another. */
export const StackSources = z
  .record(z.string(), z.unknown(), 'must hold each source by its name')
  .transform((given, context): Readonly<Record<string, StackSource>> => {
    const valid: Record<string, StackSource> = {};
    const allIssues: (SourceIssue | z.core.$ZodIssue)[] = [];
    for (const [name, value] of Object.entries(given)) {
      const source = StackSource.safeParse(value, { error: errorMessages });
      if (source.success) valid[name] = source.data;
      const issues = source.error?.issues ?? [];
      allIssues.push(
        ...nameIssues(name),
        ...issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })),
      );
    }
    if (Object.keys(given).length === 0) allIssues.push(noSourceIssue);
    allIssues.push(...sharedBusIssues(given), ...sizeIssues(valid));
    for (const issue of allIssues) context.addIssue({ ...issue });
    return allIssues.length === 0 ? valid : z.NEVER;
  })
  .meta({
    description:
      'The CRMs, each by a name of your choice, which ends the webhook URL: lower-case letters, digits and hyphens, 32 at most. A stack has room for about ten.',
  });

/** A configured source. It has its signing secrets, and does not yet have the name of its secret. */
export interface StackSource {
  config: SourceConfig;
  /**
   * The current secret comes first, then the secrets that are being rotated out. Empty for sources of EventBridge.
   */
  signingSecrets: readonly string[];
}

/** One source in the arguments of a program. */
export type SourceArgs = { [Kind in keyof Kinds]: SourceArgsOf<Kind, Kinds[Kind]> }[keyof Kinds];

type Kinds = typeof registry;

type SourceArgsOf<Kind, Of extends Source> = z.input<
  z.ZodObject<typeof linkSettings & Of['settings']>
> & { kind: Kind } & (Of extends HttpSource
    ? {
        /** The secret that the CRM signs with, or a list during a rotation. */
        signingSecrets: string | readonly string[];
      }
    : {
        /** Name of the partner event source in EventBridge, `aws.partner/…`. */
        partnerEventSource: string;
      });

type RawSource = Readonly<Record<string, unknown>>;

function sourceIssue(path: PropertyKey[], message: string, command?: string): SourceIssue {
  return {
    code: 'custom',
    path,
    message,
    ...(command !== undefined && { params: { command } }),
  };
}

function nameIssues(name: string): readonly SourceIssue[] {
  return (SourceName.safeParse(name).error?.issues ?? []).map(({ message }) =>
    sourceIssue([name], `the name ${message}`, removeCommand(['sources', name])),
  );
}

/** A partner event source has one event bus, and its events go to one source. */
function sharedBusIssues(given: Readonly<Record<string, unknown>>): readonly SourceIssue[] {
  const ownerOfBus = new Map<unknown, string>();
  return Object.entries(given).flatMap(([name, source]) => {
    const bus: unknown = Object(source)['partnerEventSource'];
    const other = ownerOfBus.get(bus);
    if (bus !== undefined) ownerOfBus.set(bus, other ?? name);
    if (other === undefined) return [];
    const message = `must differ from sources.${other}.partnerEventSource: an event bus belongs to one source`;
    return [sourceIssue([name, 'partnerEventSource'], message)];
  });
}

/** The longest possible name of a source's secret, with Pulumi's suffix. */
function longestSecretName(source: string): string {
  return 'x'.repeat(maxPrefixLength + `-source-${source}-0a1b2c3`.length);
}

function sizeIssues(sources: Readonly<Record<string, StackSource>>): readonly SourceIssue[] {
  const names = Object.keys(sources).map((source) => [source, longestSecretName(source)]);
  const text = JSON.stringify(withSecretNames(sources, Object.fromEntries(names)));
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes <= maxSourceBytes) return [];
  const message = `take ${bytes} bytes as JSON; the function environment has room for ${maxSourceBytes}: shorten them, or move some to another stack`;
  return [sourceIssue([], message, 'pulumi config rm --path sources.<name>')];
}

/** The kind with this name, if it sends webhooks. */
function httpKind(kind: unknown): HttpSource | undefined {
  const source = sourceKinds.get(String(kind));
  return source?.transport === 'http' ? source : undefined;
}

function signingSecretsOf(source: HttpSource) {
  return oneOrMoreSecrets(
    (secret) => secretProblem(source, secret),
    'must be the secret that the CRM signs with, or a list of secrets during a rotation',
  );
}

/** The issues of the settings that all kinds have. They are found with a kind that has no other settings. */
function commonIssues(given: RawSource): readonly z.core.$ZodIssue[] {
  return commonSettings.flatMap((keys) => {
    const some = Object.entries(given).filter(([key]) => keys.includes(key));
    const bare = {
      ...Object.fromEntries(some),
      kind: 'standard-webhooks',
      secret: placeholderSecret,
    };
    return SourceConfig.safeParse(bare, { error: errorMessages }).error?.issues ?? [];
  });
}
