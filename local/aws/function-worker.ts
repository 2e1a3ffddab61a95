import { format } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { Context } from 'aws-lambda';
import type { FunctionReply, FunctionRequest } from './execution-environment.ts';

/** The inside of an execution environment: loads the module once, then answers one event at a time. */

if (parentPort === null)
  throw new Error('function-worker.ts is started by execution-environment.ts');
const port = parentPort;
const reply = (message: FunctionReply) => port.postMessage(message);

const failed = (error: unknown): FunctionReply => ({
  kind: 'failed',
  error:
    error instanceof Error
      ? { type: error.name, message: error.message, stack: error.stack }
      : { type: typeof error, message: format(error), stack: undefined },
});

const contextOf = (request: FunctionRequest): Context => {
  const deadline = Date.now() + request.timeoutMs;
  const name = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
  const unsupported = () => {
    throw new Error('callbacks are not supported: return a promise');
  };
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'] ?? '',
    invokedFunctionArn: `arn:aws:lambda:${process.env['AWS_REGION']}:000000000000:function:${name}`,
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? '',
    awsRequestId: request.id,
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '',
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: unsupported,
    fail: unsupported,
    succeed: unsupported,
  };
};

type Handler = (event: unknown, context: Context) => unknown;

const isHandler = (value: unknown): value is Handler => typeof value === 'function';

const load = async (url: string): Promise<Handler> => {
  const { handler }: { handler?: unknown } = await import(url);
  if (!isHandler(handler)) throw new TypeError(`${url} must export a function named handler`);
  return handler;
};

const serve = (handler: Handler) => {
  port.on('message', async (request: FunctionRequest) => {
    try {
      const result = await handler(JSON.parse(request.event), contextOf(request));
      reply({ kind: 'returned', result: JSON.stringify(result ?? null) });
    } catch (error) {
      reply(failed(error));
    }
  });
  reply({ kind: 'ready' });
};

try {
  serve(await load(workerData));
} catch (error) {
  reply(failed(error));
}
