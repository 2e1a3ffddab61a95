import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  errorResponse,
  jsonResponse,
  rawResponse,
  unavailableResponse,
} from '../../shared/door/answer.ts';
import { describeError } from '../../shared/door/describe-error.ts';
import { HttpError, invalidBody, invalidFields } from '../../shared/door/failures.ts';
import { defaultStatus, type RequestOutcome } from '../../shared/door/outcome.ts';
import { withTimeout } from '../../shared/door/within.ts';
import { authenticateCrmRequest, type CrmAuthOptions } from './authentic-payload.ts';
import { deliveryId } from './delivery-of.ts';
import type { ConfiguredSource } from './open-source.ts';
import type { CrmRequestLog } from './report.ts';
import { parseRoute } from './route.ts';
import type { HttpSource } from './sources/source.ts';
import { type AcceptOptions, accept } from './take-in.ts';

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

const allowedMethods = (source: HttpSource | undefined): readonly string[] => [
  'POST',
  ...(source?.probeMethods ?? []),
];

/**
 * Builds the door. The order is: path, source, method, what `authenticPayload` does, what `takeIn`
 * does, then the answer: a 2xx only when SQS holds every message. Whatever goes wrong on our side is
 * a 503 with `retry-after`.
 */
export const createCrmWebhook = ({ sources, log, ...options }: CrmWebhookOptions): CrmWebhook => {
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
};
