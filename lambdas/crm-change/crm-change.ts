import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { answer, rawAnswer, refused, unavailable } from '../../shared/door/answer.ts';
import { describeError } from '../../shared/door/describe-error.ts';
import { fieldsOf, Refusal, unexpectedShape } from '../../shared/door/failures.ts';
import { type Outcome, usualStatus } from '../../shared/door/outcome.ts';
import { within } from '../../shared/door/within.ts';
import { type AuthenticationOptions, authenticPayload } from './authentic-payload.ts';
import { deliveryOf } from './delivery-of.ts';
import type { OpenSource } from './open-source.ts';
import type { Report } from './report.ts';
import { route } from './route.ts';
import type { HttpSource } from './sources/source.ts';
import { type TakeInOptions, takeIn } from './take-in.ts';

export interface CrmChangeOptions extends AuthenticationOptions, TakeInOptions {
  readonly sources: ReadonlyMap<string, OpenSource>;
  readonly report: (report: Report) => void;
  /** How long a request is worked on before its sender is told to come again. */
  readonly answerMs?: number;
}

/**
 * Intercom and HubSpot wait five seconds for an answer. What hangs for longer is our fault, and has to
 * be told as that: many senders give up an event after a plain 500, which Lambda's own time-out gives.
 */
const usualAnswerMs = 4500;

/** The webhook door: takes an API Gateway event (payload format 2.0) and answers it. */
export type CrmChange = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

const methodsOf = (source: HttpSource | undefined): readonly string[] => [
  'POST',
  ...(source?.greetings ?? []),
];

/**
 * Builds the door. The order is: path, source, method, what `authenticPayload` does, what `takeIn`
 * does, then the answer: a 2xx only when SQS holds every message. Whatever goes wrong on our side is
 * a 503 with `retry-after`.
 */
export const createCrmChange = ({ sources, report, ...options }: CrmChangeOptions): CrmChange => {
  const find = (name: string, pathToken: string | undefined): OpenSource<HttpSource> => {
    const found = sources.get(name);
    const isHere =
      found?.source.transport === 'http' &&
      (pathToken === undefined || found.source.takesPathToken === true);
    if (!isHere) throw new Refusal('not-found', 'There is no such source');
    return { ...found, source: found.source };
  };

  const takeRequest = async (
    event: APIGatewayProxyEventV2,
    pathToken: string | undefined,
    opened: OpenSource<HttpSource>,
  ) => takeIn(await authenticPayload(event, pathToken, opened, options), opened, options);

  return async (event) => {
    const { requestId, http } = event.requestContext;
    let opened: OpenSource<HttpSource> | undefined;

    const close = (outcome: Outcome, findings: Partial<Report> = {}): number => {
      const status = { ...usualStatus, ...opened?.source.statusOf }[outcome];
      const source = opened?.name;
      const delivery = deliveryOf(event, opened?.source);
      const told = { requestId, source, ...(delivery !== undefined && { delivery }) };
      report({ ...told, outcome, status, accepted: 0, ignored: 0, ...findings });
      return status;
    };

    const refuse = (refusal: Refusal, findings: Partial<Report> = {}) => {
      const isMethod = refusal.outcome === 'wrong-method';
      const headers = isMethod ? { allow: methodsOf(opened?.source).join(', ') } : {};
      const status = close(refusal.outcome, { ...findings, ...fieldsOf(refusal) });
      return refused(status, requestId, refusal, headers);
    };

    try {
      const { source, pathToken } = route(event.rawPath);
      opened = find(source, pathToken);
      if (opened.source.greetings?.includes(http.method)) {
        return answer(200, { requestId, status: 'ignored' });
      }
      if (http.method !== 'POST') throw new Refusal('wrong-method', 'Send a POST');
      const { findings, problems } = await within(
        options.answerMs ?? usualAnswerMs,
        takeRequest(event, pathToken, opened),
      );
      if (problems.length > 0) {
        return refuse(new Refusal('invalid', unexpectedShape, problems), findings);
      }
      const status = findings.accepted > 0 ? 'accepted' : 'ignored';
      const code = close(status, findings);
      const { reply } = opened.source;
      const { tickets: _, ...told } = findings;
      return reply === undefined
        ? answer(code, { requestId, status, ...told })
        : rawAnswer(code, requestId, reply);
    } catch (error) {
      if (error instanceof Refusal) return refuse(error);
      const code = close('unavailable', { error: describeError(error) });
      return unavailable(requestId, code, opened?.source.retryAfterSeconds);
    }
  };
};
