import * as z from 'zod';
import { Link } from '../messages/link.ts';
import { SourceName, TicketAttribute } from '../messages/ticket-change.ts';
import { cleanTitle } from './link-rules.ts';
import * as registry from './registry.ts';
import type { Source } from './source.ts';

const host = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a lower-case host name, without scheme or port');

const urlTemplate = z
  .string("must be the ticket's page, with {id} for the ticket's id")
  .refine((template) => template.split('{id}').length === 2, 'must hold {id} exactly once')
  .refine(
    (template) => URL.canParse(template) && new URL(template).protocol === 'https:',
    'must be an https URL',
  )
  .refine((template) => {
    const url = URL.parse(template);
    return url === null || (url.username === '' && url.password === '');
  }, 'must not hold a user name or a password')
  .refine(
    (template) => Link.shape.url.safeParse(template.replace('{id}', '9'.repeat(64))).success,
    'must be percent-encoded ASCII, of at most 1024 characters with an id of 64',
  );

const commonSettings = {
  /** The ticket's page, e.g. `https://acme.zendesk.com/agent/tickets/{id}`. */
  ticketUrl: urlTemplate,
  /** Hosts that links of this source may point to; the host of `ticketUrl` where it is not set. */
  allowedHosts: z.array(host).min(1).optional(),
  /** See docs/link-type.md. */
  linkType: z
    .enum(
      Link.shape.type.options,
      'must be Referenced or Embedded; run `npm run ops -- doctor`, it says which linkType to configure',
    )
    .default('Referenced'),
  /** Title of the link; `{id}` stands for the ticket id. It reaches Flex Insights: no PHI. */
  title: z
    .string()
    .max(100)
    .refine((title) => cleanTitle(title) !== '', 'must hold something that can be read')
    .default('Ticket {id}'),
  /** Whether a title that the CRM sends is used. Off: such a title may hold PHI. */
  titleFromCrm: z.boolean().default(false),
  /** The Task attribute that holds the ticket id, e.g. `zd_ticket_id`. */
  taskAttribute: TicketAttribute.shape.name.optional(),
};

const byTransport = {
  http: {
    /** Name of the secret that holds the signing secrets (several while one is being rotated). */
    secret: z.string().min(1).max(512),
    partnerEventSource: z.never().optional(),
  },
  'event-bus': {
    secret: z.never().optional(),
    /** The partner event source that EventBridge shows, which is also the name of its bus. */
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

if (first === undefined) throw new Error('sources/registry.ts holds no kind of source');

/** One configured CRM instance. A key that is not listed here or by its kind is an error. */
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

/** All sources, by name; the name stands in the webhook's path. */
export const Sources = z.record(SourceName, SourceConfig);

export type Sources = z.infer<typeof Sources>;

/** The hosts that links of a source may point to. */
export function allowedHosts({ allowedHosts, ticketUrl }: SourceConfig): readonly string[] {
  return allowedHosts ?? [new URL(ticketUrl).hostname];
}

/** One configured source, ready for events. */
export interface ConfiguredSource<Kind extends Source = Source> {
  readonly name: string;
  readonly config: SourceConfig;
  readonly source: Kind;
}

/** All configured sources, by name, each with what is particular to its kind. */
export function configureSources(sources: Sources): ReadonlyMap<string, ConfiguredSource> {
  return new Map(
    Object.entries(sources).map(([name, config]) => {
      const source = sourceKinds.get(config.kind);
      if (source === undefined) throw new Error(`There is no kind of source ${config.kind}`);
      return [name, { name, config, source }];
    }),
  );
}

function configSchema([kind, { transport, settings }]: readonly [string, Source]) {
  return z.strictObject({
    ...settings,
    ...commonSettings,
    ...byTransport[transport],
    kind: z.literal(kind),
  });
}
