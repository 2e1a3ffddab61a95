import * as z from 'zod';
import { SourceName } from '../messages/ticket-change.ts';
import { linkSettings } from './link-settings.ts';
import * as registry from './registry.ts';
import type { Source } from './source.ts';

const byTransport = {
  http: {
    /** Name of the secret that holds the signing secrets (several during a rotation). */
    secret: z.string().min(1).max(512),
    partnerEventSource: z.never().optional(),
  },
  'event-bus': {
    secret: z.never().optional(),
    /** The partner event source in EventBridge, which is also the name of its event bus. */
    partnerEventSource: z
      .string('must be the name of the partner event source')
      .max(256)
      .regex(
        /^aws\.partner\/[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)+$/,
        'must be the name of a partner event source, aws.partner/…',
      ),
  },
};

/** Every kind of source, by name. */
export const sourceKinds: ReadonlyMap<string, Source> = new Map<string, Source>(
  Object.entries(registry),
);

const [first, ...others] = [...sourceKinds].map(configSchema);

if (first === undefined) throw new Error('shared/crm/registry.ts exports no source');

/** One configured CRM instance. A key that neither this nor the kind lists is an error. */
export const SourceConfig = z
  .discriminatedUnion('kind', [first, ...others], {
    error: `must be one of ${[...sourceKinds.keys()].join(', ')}`,
  })
  .superRefine((source, context) => {
    const hostname = URL.parse(source.ticketUrl)?.hostname;
    if (hostname === undefined || source.allowedHosts === undefined) return;
    if (!source.allowedHosts.includes(hostname)) {
      context.addIssue({
        code: 'custom',
        path: ['allowedHosts'],
        message: `must hold ${hostname}, the host of ticketUrl`,
      });
    }
  });

export type SourceConfig = z.infer<typeof SourceConfig>;

/** All sources, by name. The name is part of the webhook's path. */
export const Sources = z.record(SourceName, SourceConfig);

export type Sources = z.infer<typeof Sources>;

/** One configured source and its kind. */
export interface ConfiguredSource<Kind extends Source = Source> {
  name: string;
  config: SourceConfig;
  source: Kind;
}

/** All configured sources with their kinds, by name. */
export function configureSources(sources: Sources): ReadonlyMap<string, ConfiguredSource> {
  return new Map(
    Object.entries(sources).map(([name, config]) => {
      const source = sourceKinds.get(config.kind);
      if (source === undefined) throw new Error(`Unknown source kind ${config.kind}`);
      return [name, { name, config, source }];
    }),
  );
}

function configSchema([kind, { transport, settings }]: readonly [string, Source]) {
  return z.strictObject({
    ...settings,
    ...linkSettings,
    ...byTransport[transport],
    kind: z.literal(kind),
  });
}
