import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpCrm } from '../../../fixtures/crm.ts';
import { loadCrms } from '../../../fixtures/load.ts';
import { SourceConfig, sourceKinds } from '../../../shared/crm/config.ts';
import { bodyFormat, type HttpSource, type Source } from '../../../shared/crm/source.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';

/** Shared secrets stand in no table of the local stack: a name is all that is needed. */
const configOf = (kind: string, settings: object, transport: Source['transport']): SourceConfig =>
  SourceConfig.parse({
    kind,
    ...settings,
    ...(transport === 'http' && { secret: `${kind}-secret` }),
  });

/** Every kind of source with the stand-in of its CRM and a configuration. */
export const sources = [...(await loadCrms())].map(([kind, crm]) => {
  const source = sourceKinds.get(kind);
  if (source === undefined) throw new Error(`${kind} is not registered`);
  return { kind, crm, source, config: configOf(kind, crm.settings, source.transport) };
});

interface HttpCase {
  readonly kind: string;
  readonly crm: HttpCrm;
  readonly source: HttpSource;
  readonly config: SourceConfig;
}

/** Those that come by HTTP. */
export const httpSources: readonly HttpCase[] = sources.flatMap(({ kind, crm, source, config }) =>
  crm.transport === 'http' && source.transport === 'http' ? [{ kind, crm, source, config }] : [],
);

/** What a source reads a body with. */
export const readBody = (source: Source, body: Buffer): unknown =>
  source.transport === 'http' ? bodyFormat(source).parse(body) : parseJsonBody(body);

/** The host that `httpEvent` says it came by. */
const origin = 'https://api.example.com';

/** A request that a CRM signed, as API Gateway hands it over. */
export const signedEvent = (
  { kind, crm }: HttpCase,
  body: Buffer,
  secret: string,
  now: number,
): APIGatewayProxyEventV2 => {
  const sent = crm.updateTimestamp?.(body, now) ?? body;
  const { url, headers } = crm.sign({ body: sent, secret, url: `${origin}/webhooks/${kind}`, now });
  const { pathname, search } = new URL(url);
  return {
    ...apiGatewayEvent(sent.toString('base64'), {
      path: pathname,
      headers: { ...headers },
      isBase64Encoded: true,
    }),
    rawQueryString: search.slice(1),
  };
};
