import { isDeepStrictEqual } from 'node:util';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { vi } from 'vitest';
import { deadLetterReasons } from '../../infra/alarms/message-alarms.ts';
import { createCrmRequestLog as reportOfChanges } from '../../lambdas/crm-change/log-request.ts';
import { logCircuit } from '../../lambdas/sync/log-outcomes.ts';
import { publishMetrics } from '../../lambdas/sync/metrics.ts';
import { createTaskEventLog as reportOfEvents } from '../../lambdas/task-event/log-request.ts';
import { finishedTaskTtlSeconds } from '../../shared/config/limits.ts';
import { breakerFailures } from '../../shared/config/retry-policy.ts';
import type { Delivery, Outcome, Result } from '../../shared/sync/types.ts';
import { withCircuitBreaker } from '../../shared/taskrouter/circuit-breaker.ts';
import { Transient } from '../../shared/taskrouter/errors.ts';
import {
  batchResult,
  changeSince,
  confirmationMessage,
  deliveryOf,
  now,
  reconcileMessage,
} from '../sync/messages.ts';
import { rejected, retryReasons } from '../sync/outcomes.ts';

/** A metric as a function sends it to CloudWatch. */
export interface Emitted {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly values: readonly number[];
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

/**
 * The metrics of a line in the embedded metric format: each metric, once for each set of dimensions.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const readEmbedded = (line: string): Emitted[] => {
  const embedded: EmbeddedMetrics = JSON.parse(line);
  return embedded._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        metricName: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, String(embedded[name])])),
        unit: Unit,
        values: [embedded[Name]].flat().map(Number),
      })),
    ),
  );
};

const silentLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Runs something with the metrics of a function. @returns the metrics that it sent */
const recorded = async (
  namespace: string,
  serviceName: string,
  run: (metrics: Metrics) => unknown,
): Promise<Emitted[]> => {
  const lines: string[] = [];
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  const log = vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
  try {
    await run(new Metrics({ namespace, serviceName }));
  } finally {
    log.mockRestore();
    vi.unstubAllEnvs();
  }
  return lines.flatMap(readEmbedded);
};

/** Requests to crm-change, one of each kind for each source. */
const changes = (sources: readonly string[]) => (metrics: Metrics) => {
  const report = reportOfChanges(silentLogger, metrics);
  for (const source of sources) {
    const entry = { requestId: 'r', source, ignored: 0 };
    report({ ...entry, outcome: 'accepted', accepted: 3 });
    report({ ...entry, outcome: 'unauthenticated', accepted: 0 });
  }
};

const events = (metrics: Metrics) => {
  const report = reportOfEvents(silentLogger, metrics);
  const base = { requestId: 'r', reconciles: 0, ticketsToLink: 0 };
  report({ ...base, outcome: 'accepted', status: 204, events: 1, reconciles: 1 });
  report({ ...base, outcome: 'unauthenticated', status: 401, events: 0 });
};

const outcomes: readonly Outcome[] = [
  ...(['linked', 'removed', 'unchanged', 'stale', 'waiting', 'unmatched'] as const).map(
    (outcome) => ({ outcome }),
  ),
  ...retryReasons.map((reason) => ({ outcome: 'retry' as const, reason, detail: 'none' })),
  rejected,
];

/** A Task that was written. */
export const visit = {
  taskSid: 'WT',
  changes: new Map(),
  outcomes: new Map(),
  progress: { calls: 3, conflicts: 1, finishing: false },
  written: {
    budget: { atTaskLevel: true, titlesDropped: true, evicted: ['zendesk/2'] },
    linked: [],
    removed: [],
  },
  repairStreak: 0,
  hidden: ['WR'],
};

/** A batch in which everything happens, one of them too late, and TaskRouter down after it. */
const batch = async (metrics: Metrics) => {
  const done = { action: 'acknowledge' } as const;
  const withSid = changeSince(0, { correlation: { callSid: `CA${'0'.repeat(32)}` } });
  const reconciled: Result = { outcome: { outcome: 'reconciled' }, disposition: done };
  const late = changeSince(finishedTaskTtlSeconds);
  publishMetrics(
    metrics,
    batchResult(
      [
        ...outcomes.map((outcome): [Delivery, Result] => [
          deliveryOf(),
          { outcome, disposition: done },
        ]),
        [deliveryOf(late), { outcome: { outcome: 'expired' }, disposition: done }],
        ...deadLetterReasons.map(([reason]): [Delivery, Result] => {
          const disposition = { action: 'dead-letter', reason, detail: 'none' } as const;
          return [deliveryOf(withSid), { outcome: { outcome: 'unmatched' }, disposition }];
        }),
        [deliveryOf(reconcileMessage('WT', { receivedAt: now })), reconciled],
        [deliveryOf(confirmationMessage('WT', 1, now)), reconciled],
      ],
      [visit],
    ),
    now,
  );
  const down = () => Promise.reject(new Transient('It is down'));
  const calls = { fetchTask: down, listReservations: down, updateAttributes: down };
  const searches = { evaluate: down, listTasks: down, containsFindsParts: down };
  const taskRouter = withCircuitBreaker(
    { ...calls, ...searches },
    {
      now: () => now,
      random: () => 0,
      onStateChange: logCircuit({ metrics, logger: silentLogger }),
    },
  );
  for (let failures = 0; failures < breakerFailures; failures += 1) {
    await taskRouter.fetchTask('WT', { calls: 0 }).catch(() => {});
  }
  metrics.publishStoredMetrics();
};

/** All metrics that the functions send to CloudWatch, by their own code. */
export const emittedMetrics = async (
  namespace: string,
  sources: readonly string[],
): Promise<Emitted[]> => [
  ...(await recorded(namespace, 'crm-change', changes(sources))),
  ...(await recorded(namespace, 'task-event', events)),
  ...(await recorded(namespace, 'sync', batch)),
];

/** Those of the emitted metrics that have a name and exactly these dimensions. */
export const sameMetric = (
  emitted: readonly Emitted[],
  { metricName, dimensions }: Pick<Emitted, 'metricName' | 'dimensions'>,
): readonly Emitted[] =>
  emitted.filter(
    (metric) =>
      metric.metricName === metricName && isDeepStrictEqual(metric.dimensions, dimensions),
  );
