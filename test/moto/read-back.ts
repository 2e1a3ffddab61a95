import type { Aws } from './aws.ts';
import { readApis } from './services/api-gateway.ts';
import { readAlarms, readDashboards } from './services/cloudwatch.ts';
import { readEventRules } from './services/event-bridge.ts';
import { readRoles } from './services/iam.ts';
import { readKeys } from './services/kms.ts';
import { readFunctions, readMappings } from './services/lambda.ts';
import { readLogGroups, readMetricFilters } from './services/logs.ts';
import { readSecrets } from './services/secrets-manager.ts';
import { readQueues } from './services/sqs.ts';

/** All resources at AWS, as its own API returns them. */
export const readBack = async (aws: Aws) => ({
  alarms: await readAlarms(aws),
  apis: await readApis(aws),
  dashboards: await readDashboards(aws),
  eventRules: await readEventRules(aws),
  functions: await readFunctions(aws),
  keys: await readKeys(aws),
  logGroups: await readLogGroups(aws),
  mappings: await readMappings(aws),
  metricFilters: await readMetricFilters(aws),
  queues: await readQueues(aws),
  roles: await readRoles(aws),
  secrets: await readSecrets(aws),
});

export type ReadBack = Awaited<ReturnType<typeof readBack>>;
