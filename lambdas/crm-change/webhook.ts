import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ConfiguredSource } from '../../shared/crm/config.ts';
import type { HttpSource } from '../../shared/crm/source.ts';
import {
  defaultStatus,
  describeError,
  HttpError,
  invalidBody,
  invalidFields,
  type RequestOutcome,
} from '../../shared/http/errors.ts';
import {
  errorResponse,
  jsonResponse,
  rawResponse,
  unavailableResponse,
  withTimeout,
} from '../../shared/http/receive.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import { type AcceptOptions, accept } from './accept.ts';
import { authenticateCrmRequest, type CrmAuthOptions, deliveryId } from './authenticate.ts';
import type { CrmRequestLog } from './report.ts';

export interface CrmWebhookOptions extends CrmAuthOptions, AcceptOptions {
  readonly sources: ReadonlyMap<string, ConfiguredSource>;
  readonly log: (log: CrmRequestLog) => void;
  /** How long a request is worked on before its sender is told to come again. */
  readonly responseMs?: number;
}

/**
 * Intercom and HubSpot wait five seconds for an answer. What hangs for longer is our fault, and has to
 * be told as that: many senders give up an event after a plain 500, which Lambda's own time-out gives.
 */
const defaultResponseMs = 4500;

/** The webhook door: takes an API Gateway event (payload format 2.0) and answers it. */
export type CrmWebhook = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * Builds the door. The order is: path, source, method, what `authenticPayload` does, what `takeIn`
 * does, then the answer: a 2xx only when SQS holds every message. Whatever goes wrong on our side is
 * a 503 with `retry-after`.
 */
export function createCrmWebhook({ sources, log, ...options }: CrmWebhookOptions): CrmWebhook {
  const findSource = (
    name: string,
    pathToken: string | undefined,
  ): ConfiguredSource<HttpSource> => {
    const found = sources.get(name);
    const isMatch =
      found?.source.transport === 'http' &&
      (pathToken === undefined || found.source.takesPathToken === true);
    if (!isMatch) throw new HttpError('not-found', 'There is no such source');
    return { ...found, source: found.source };
  };

  const acceptRequest = async (
    event: APIGatewayProxyEventV2,
    pathToken: string | undefined,
    configured: ConfiguredSource<HttpSource>,
  ) =>
    accept(
      await authenticateCrmRequest(event, pathToken, configured, options),
      configured,
      options,
    );

  return async (event) => {
    const { requestId, http } = event.requestContext;
    let configured: ConfiguredSource<HttpSource> | undefined;

    const logRequest = (outcome: RequestOutcome, summary: Partial<CrmRequestLog> = {}): number => {
      const status = { ...defaultStatus, ...configured?.source.statusOf }[outcome];
      const source = configured?.name;
      const delivery = deliveryId(event, configured?.source);
      const fields = { requestId, source, ...(delivery !== undefined && { delivery }) };
      log({ ...fields, outcome, status, accepted: 0, ignored: 0, ...summary });
      return status;
    };

    const respondError = (error: HttpError, summary: Partial<CrmRequestLog> = {}) => {
      const isMethod = error.outcome === 'wrong-method';
      const headers = isMethod ? { allow: allowedMethods(configured?.source).join(', ') } : {};
      const status = logRequest(error.outcome, { ...summary, ...invalidFields(error) });
      return errorResponse(status, requestId, error, headers);
    };

    try {
      const { source, pathToken } = parseRoute(event.rawPath);
      configured = findSource(source, pathToken);
      if (configured.source.probeMethods?.includes(http.method)) {
        return jsonResponse(200, { requestId, status: 'ignored' });
      }
      if (http.method !== 'POST') throw new HttpError('wrong-method', 'Send a POST');
      const { summary, problems } = await withTimeout(
        options.responseMs ?? defaultResponseMs,
        acceptRequest(event, pathToken, configured),
      );
      if (problems.length > 0) {
        return respondError(new HttpError('invalid', invalidBody, problems), summary);
      }
      const status = summary.accepted > 0 ? 'accepted' : 'ignored';
      const code = logRequest(status, summary);
      const { response: reply } = configured.source;
      const { tickets: _, ...fields } = summary;
      return reply === undefined
        ? jsonResponse(code, { requestId, status, ...fields })
        : rawResponse(code, requestId, reply);
    } catch (error) {
      if (error instanceof HttpError) return respondError(error);
      const code = logRequest('unavailable', { error: describeError(error) });
      return unavailableResponse(requestId, code, configured?.source.retryAfterSeconds);
    }
  };
}

interface Route {
  readonly source: string;
  /** What stands behind the source's name. */
  readonly pathToken: string | undefined;
}

/** Whatever stands before it: a custom domain may have a base path of its own. */
const pattern = /\/webhooks\/(?<source>[^/]+)(?:\/(?<pathToken>[^/]+))?$/;

function allowedMethods(source: HttpSource | undefined): readonly string[] {
  return ['POST', ...(source?.probeMethods ?? [])];
}

/**
 * The source that a path is for: `/webhooks/<source>`, or `/webhooks/<source>/<token>`.
 * @throws Refusal when it is another path.
 */
function parseRoute(path: string): Route {
  const { source, pathToken } = pattern.exec(path)?.groups ?? {};
  const name = SourceName.safeParse(source);
  if (!name.success) throw new HttpError('not-found', 'There is nothing here');
  return { source: name.data, pathToken };
}
