import { readFileSync } from 'node:fs';
import type { Context, SQSEvent } from 'aws-lambda';
import { handler } from '../../lambdas/sync/handler.ts';
import { lambdaContext } from './messages.ts';

/** Runs the function once, in its own process: reads the event from stdin, writes the response as the last line. */
const event = JSON.parse(readFileSync(0, 'utf8')) as SQSEvent;
const response = await handler(event, lambdaContext() as Context);
process.stdout.write(`${JSON.stringify(response)}\n`);
