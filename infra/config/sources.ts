import * as z from 'zod';
import { secretProblem } from '../../lambdas/crm-change/secret-problem.ts';
import {
  allowedHosts,
  kinds,
  SourceConfig,
  type Sources,
} from '../../lambdas/crm-change/source-config.ts';
import type { HttpSource } from '../../lambdas/crm-change/sources/source.ts';
import { SourceName } from '../../shared/message/ticket-change.ts';
import { secretOrSeveral } from './secret-or-several.ts';

/** A source as a stack configures it: with its signing secrets, and without a name for where they are kept. */
export interface StackSource {
  readonly config: SourceConfig;
  /** The present one first, then those that are being rotated out; none where nothing is signed. */
  readonly signingSecrets: readonly string[];
}

const signingSecrets = (source: HttpSource) =>
  secretOrSeveral(
    (secret) => secretProblem(source, secret),
    'must be the secret that the CRM signs with, or a list of such',
  );

/** As long as the name of a secret may come to be; what stands in for it until it is made. */
const standIn = 'x'.repeat(64);

const httpKind = (kind: unknown): HttpSource | undefined => {
  const source = kinds.get(String(kind));
  return source?.transport === 'http' ? source : undefined;
};

const StackSource = z
  .looseObject({}, 'must be an object')
  .transform((value, context): StackSource => {
    const http = httpKind(value['kind']);
    const { signingSecrets: _, ...declared } = value;
    const secrets = http && z.object({ signingSecrets: signingSecrets(http) }).safeParse(value);
    const rest = http === undefined ? value : { ...declared, secret: standIn };
    const source = SourceConfig.safeParse(rest);
    if ('secret' in declared) {
      context.addIssue({ code: 'unrecognized_keys', keys: ['secret'], input: declared });
    } else if (source.success && (secrets === undefined || secrets.success)) {
      return { config: source.data, signingSecrets: secrets?.data.signingSecrets ?? [] };
    }
    for (const error of [secrets?.error, source.error]) {
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
      if (config.secret === undefined) return [name, config];
      if (secret === undefined) throw new Error(`Source ${name} has no secret`);
      return [name, { ...config, secret }];
    }),
  );

/** The sources that come by HTTP, with what their URL has behind that of the door. */
export const webhookPaths = (sources: Readonly<Record<string, StackSource>>): [string, string][] =>
  Object.entries(sources).flatMap(([name, { config }]): [string, string][] => {
    const http = httpKind(config.kind);
    if (http === undefined) return [];
    return [[name, http.takesPathToken ? `${name}/<signing secret>` : name]];
  });

/** What an operator's tools need to know of each source. */
export const describeSources = (sources: Readonly<Record<string, StackSource>>) =>
  Object.fromEntries(
    Object.entries(sources).map(([name, { config }]) => {
      const { kind, taskAttribute, ticketUrl, linkType } = config;
      const pages = { ticketUrl, linkType, allowedHosts: allowedHosts(config) };
      return [name, { kind, ...(taskAttribute !== undefined && { taskAttribute }), ...pages }];
    }),
  );

/** The sources that come by EventBridge, with the events of theirs that are wanted. */
export const partnerSources = (sources: Readonly<Record<string, StackSource>>) =>
  Object.entries(sources).flatMap(([source, { config }]) => {
    const kind = kinds.get(config.kind);
    const { partnerEventSource } = config;
    if (kind?.transport !== 'event-bus' || partnerEventSource === undefined) return [];
    return [{ source, partnerEventSource, detailTypes: kind.detailTypes }];
  });

/**
 * A function's environment holds 4 KB in all, measured as JSON; this leaves room for the rest of it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const mostSourceBytes = 3400;

/** All sources, by name. */
export const StackSources = z
  .record(SourceName, StackSource, 'must hold each source by its name')
  .superRefine((sources, context) => {
    const names = Object.keys(sources);
    if (names.length === 0) {
      context.addIssue({ code: 'custom', message: 'must hold a source at least' });
    }
    const buses = partnerSources(sources).map(({ partnerEventSource }) => partnerEventSource);
    if (new Set(buses).size < buses.length) {
      context.addIssue({
        code: 'custom',
        message: 'must not have one partnerEventSource twice: its bus belongs to one source',
      });
    }
    const standIns = Object.fromEntries(names.map((name) => [name, standIn]));
    const text = JSON.stringify(sourcesWithSecrets(sources, standIns));
    const bytes = Buffer.byteLength(JSON.stringify(text));
    if (bytes > mostSourceBytes) {
      context.addIssue({
        code: 'custom',
        message: `take ${bytes} bytes as JSON, and a function's environment has room for ${mostSourceBytes}: shorten them, or put some on a stack of their own`,
      });
    }
  });
