import { format } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { Context } from 'aws-lambda';
import type { FunctionReply, FunctionRequest } from './execution-environment.ts';

/** The inside of an execution environment: loads the module once, then answers one event at a time. */

interface Outside {
  readonly module: string;
  readonly reply: (message: FunctionReply) => void;
  readonly onRequest: (serve: (request: FunctionRequest) => void) => void;
}

/** Who has started us: a thread's parent, or a process's. */
const findOutside = (): Outside => {
  const [, , module] = process.argv;
  if (parentPort !== null) {
    const port = parentPort;
    return {
      module: workerData,
      reply: (message) => port.postMessage(message),
      onRequest: (serve) => void port.on('message', serve),
    };
  }
  if (process.send === undefined || module === undefined) {
    throw new Error('function-worker.ts is started by execution-environment.ts');
  }
  // Whoever has started us may have been killed.
  process.once('disconnect', () => process.exit());
  return {
    module,
    reply: (message) => void process.send?.(message),
    onRequest: (serve) => void process.on('message', serve),
  };
};
const { module, reply, onRequest } = findOutside();

const failed = (error: unknown): FunctionReply => ({
  kind: 'failed',
  error:
    error instanceof Error
      ? { type: error.name, message: error.message, stack: error.stack }
      : { type: typeof error, message: format(error), stack: undefined },
});

const contextOf = (request: FunctionRequest): Context => {
  const deadline = performance.now() + request.timeoutMs;
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
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
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
  onRequest(async (request: FunctionRequest) => {
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
  serve(await load(module));
} catch (error) {
  reply(failed(error));
}
