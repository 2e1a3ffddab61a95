import type { MonitoredResources } from '../../infra/components/alarms.ts';
import { EventDeadLetterQueue } from '../../infra/components/event-bridge.ts';
import { NodeFunction } from '../../infra/components/node-function.ts';
import { SyncQueues } from '../../infra/components/sync-queues.ts';
import { AccessLog, WebhookApi } from '../../infra/components/webhook-api.ts';
import { functionArgs, givenKey, surroundings } from './surroundings.ts';

/** Parts of a program under test that are watched, and the key that they share. */
export const monitoredResources = () => {
  const key = givenKey();
  const around = surroundings({ key });
  const lambda = (service: string) =>
    new NodeFunction(service, functionArgs({ common: around, service }));
  const crmChange = lambda('crm-change');
  const accessLog = new AccessLog('access', around);
  const parts: MonitoredResources = {
    queues: new SyncQueues('queues', {
      prefix: 'orders',
      key,
      consumerTimeoutSeconds: 20,
      keepDeadLetters: false,
    }),
    eventDeadLetters: new EventDeadLetterQueue('events', { key, rules: [], keep: false }),
    crmChange,
    taskEvent: lambda('task-event'),
    sync: lambda('sync'),
    api: new WebhookApi('api', {
      handler: crmChange,
      routes: [],
      limits: { requestsPerSecond: 10, burst: 20 },
      defaultLimits: { requestsPerSecond: 1, burst: 2 },
      accessLog,
    }),
    accessLog,
    metricsNamespace: around.metricsNamespace,
    runbookUrl: 'docs/runbook.md',
  };
  return { key, parts };
};
