import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Sources } from '../../shared/config/source.ts';
import { answer, unavailable } from './answer.ts';
import { Refusal, Unavailable } from './failures.ts';
import { type Outcome, usualStatus } from './outcome.ts';
import type { Report } from './report.ts';
import { route } from './route.ts';
import { openSource } from './sources/registry.ts';
import { type OpenSource, type TakeInOptions, takeIn } from './take-in.ts';

export interface CrmChangeOptions extends TakeInOptions {
  readonly sources: Sources;
  readonly report: (report: Report) => void;
}

/** The webhook door: takes an API Gateway event (payload format 2.0) and answers it. */
export type CrmChange = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** A system error's code, e.g. ECONNREFUSED. */
const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code)
    ? ` ${error.code}`
    : '';

/** The name of an error and of what caused it. Messages of others may quote a payload: not told. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not an Error';
  const own = error.name + (error instanceof Unavailable ? `: ${error.message}` : codeOf(error));
  return error.cause === undefined ? own : `${own}, caused by ${describe(error.cause)}`;
};

/**
 * Builds the door. The order is: route, method, source, then what `takeIn` does, then the answer: a
 * 2xx only when SQS holds every message. Whatever goes wrong on our side is a 503 with `retry-after`.
 */
export const createCrmChange = ({ sources, report, ...options }: CrmChangeOptions): CrmChange => {
  const open = new Map<string, OpenSource>(
    Object.entries(sources).map(([name, config]) => [
      name,
      { name, config, source: openSource(config) },
    ]),
  );

  const find = (name: string): OpenSource => {
    const opened = open.get(name);
    if (opened === undefined) throw new Refusal('not-found', 'There is no such source');
    return opened;
  };

  return async (event) => {
    const { requestId } = event.requestContext;
    let opened: OpenSource | undefined;

    const close = (outcome: Outcome, findings: Partial<Report> = {}): number => {
      const status = { ...usualStatus, ...opened?.source.statusOf }[outcome];
      const source = opened?.name;
      report({ requestId, source, outcome, status, accepted: 0, ignored: 0, ...findings });
      return status;
    };

    try {
      opened = find(route(event));
      const { changes, reasons } = await takeIn(event, opened, options);
      const status = changes.length > 0 ? 'accepted' : 'ignored';
      const findings = {
        accepted: changes.length,
        ignored: reasons.length,
        ...(reasons.length > 0 && { reasons: [...new Set(reasons)] }),
      };
      const tickets = [...new Set(changes.map(({ ticket }) => ticket))];
      const code = close(status, { ...findings, ...(tickets.length > 0 && { tickets }) });
      return answer(code, { requestId, status, ...findings });
    } catch (error) {
      if (error instanceof Refusal) {
        const { outcome, message, problems } = error;
        return answer(
          close(outcome, problems.length > 0 ? { fields: problems.map(({ field }) => field) } : {}),
          {
            requestId,
            status: 'refused',
            error: message,
            ...(problems.length > 0 && { problems }),
          },
          outcome === 'wrong-method' ? { allow: 'POST' } : {},
        );
      }
      const code = close('unavailable', { error: describe(error) });
      return unavailable(requestId, code, opened?.source.retryAfterSeconds);
    }
  };
};
