import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createSyncProvider } from './compose.ts';
import type { Sync } from './sync.ts';

const logger = new Logger();
const metrics = new Metrics();
let getSync: (() => Promise<Sync>) | undefined;

/** The Lambda function. What it cannot be put together from fails the whole batch, and is retried. */
export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  logger.addContext(context);
  getSync ??= createSyncProvider(process.env, logger, metrics);
  const sync = await getSync();
  return sync(event, context);
};
