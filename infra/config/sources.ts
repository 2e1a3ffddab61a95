import { allowedHosts, type Sources, sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import { httpKind, type StackSource } from './stack-source.ts';

/** The sources as the function reads them, with the name that the secret of each was given. */
export const withSecretNames = (
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

/** The sources that come by HTTP, each with its path, where `{token}` stands for its secret. */
export const webhookSources = (
  sources: Readonly<Record<string, StackSource>>,
): readonly { readonly source: string; readonly path: `/${string}` }[] =>
  Object.entries(sources).flatMap(([source, { config }]) => {
    const http = httpKind(config.kind);
    if (http === undefined) return [];
    const path = `/webhooks/${source}` as const;
    return [{ source, path: http.takesPathToken ? (`${path}/{token}` as const) : path }];
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
    const kind = sourceKinds.get(config.kind);
    const { partnerEventSource } = config;
    if (kind?.transport !== 'event-bus' || partnerEventSource === undefined) return [];
    return [{ source, partnerEventSource, detailTypes: kind.detailTypes }];
  });
