import type { ConfiguredSource } from '../../shared/crm/config.ts';
import type { HttpSource } from '../../shared/crm/source.ts';
import { maxMessagesPerRequest } from '../../shared/http/enqueue.ts';
import { defaultStatus, HttpError } from '../../shared/http/errors.ts';
import {
  type RequestLog,
  receiveWebhook,
  rejectRequest,
  type WebhookHandler,
} from '../../shared/http/receive.ts';
import { jsonResponse, rawResponse, unavailableResponse } from '../../shared/http/response.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import { type AcceptOptions, accept } from './accept.ts';
import { authenticateCrmRequest, type CrmAuthOptions, deliveryId } from './authenticate.ts';
import type { CrmRequestLog } from './log-request.ts';

export interface CrmWebhookOptions extends CrmAuthOptions, AcceptOptions {
  sources: ReadonlyMap<string, ConfiguredSource>;
  /**
   * Sources whose configuration cannot be read, and the problem of each. Their senders get a response that makes
   * them retry.
   */
  unreadable?: ReadonlyMap<string, string> | undefined;
  log: (entry: CrmRequestLog) => void;
  /** The time after which the sender gets a response that makes it retry, in milliseconds. */
  responseMs?: number | undefined;
}

/**
 * Builds the webhook of the CRMs. It finds the source by the path, and calls `receiveWebhook` with the rules of
 * this source.
 */
export function createCrmWebhook({
  sources,
  unreadable = new Map(),
  ...options
}: CrmWebhookOptions): WebhookHandler {
  return async (event) => {
    const nothing = { accepted: 0, ignored: 0 };
    const { name: named = '' } = pattern.exec(event.rawPath)?.groups ?? {};
    const problem = unreadable.get(named);
    if (problem !== undefined) {
      const { requestId } = event.requestContext;
      const status = defaultStatus.unavailable;
      const error = `The configuration of the source cannot be read: ${problem}`;
      const entry = { requestId, source: named, outcome: 'unavailable', status, error } as const;
      options.log({ ...nothing, ...entry });
      return unavailableResponse(requestId, status);
    }
    const route = findRoute(event.rawPath, sources);
    if (route instanceof HttpError) {
      const log = (entry: RequestLog) => options.log({ ...nothing, ...entry });
      return rejectRequest(event, route, { log, statusOf: defaultStatus });
    }
    const { configured, pathToken } = route;
    const { name, source } = configured;
    const delivery = deliveryId(event, source);
    return receiveWebhook({
      authenticate: () => authenticateCrmRequest(event, pathToken, configured, options),
      accept: (payload) =>
        accept(payload, configured, { ...options, maxMessages: maxMessagesPerRequest }),
      respond: (statusCode, requestId, { outcome: status, summary: { tickets: _, ...rest } }) =>
        source.response === undefined
          ? jsonResponse(statusCode, { requestId, status, ...rest })
          : rawResponse(statusCode, requestId, source.response),
      statusOf: { ...defaultStatus, ...source.statusOf },
      log: (entry, summary) =>
        options.log({
          ...nothing,
          ...entry,
          ...summary,
          source: name,
          ...(delivery !== undefined && { deliveryId: delivery }),
        }),
      probeMethods: source.probeMethods,
      retryAfterSeconds: source.retryAfterSeconds,
      responseMs: options.responseMs,
    })(event);
  };
}

interface Route {
  configured: ConfiguredSource<HttpSource>;
  /** The part of the path after the source's name. */
  pathToken: string | undefined;
}

/**
 * The path is `/webhooks/<source>` or `/webhooks/<source>/<token>`. A custom domain may add a base path in front.
 */
const pattern = /\/webhooks\/(?<name>[^/]+)(?:\/(?<pathToken>[^/]+))?$/;

function findRoute(
  path: string,
  sources: ReadonlyMap<string, ConfiguredSource>,
): Route | HttpError {
  const { name, pathToken } = pattern.exec(path)?.groups ?? {};
  if (!SourceName.safeParse(name).success) {
    return new HttpError('not-found', 'Not found: POST to /webhooks/<source>');
  }
  const configured = sources.get(name ?? '');
  const source = configured?.source;
  if (
    configured === undefined ||
    source?.transport !== 'http' ||
    (pathToken !== undefined && source.takesPathToken !== true)
  ) {
    return new HttpError('not-found', 'No such source');
  }
  return { configured: { ...configured, source }, pathToken };
}
