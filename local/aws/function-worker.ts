import { format } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { Context } from 'aws-lambda';
import type { InvokeReply, InvokeRequest } from './execution-environment.ts';

/** Runs inside an execution environment: loads the module once, then serves one event at a time. */

interface ParentChannel {
  module: string;
  reply: (message: InvokeReply) => void;
  onRequest: (serve: (request: InvokeRequest) => void) => void;
}

const { module, reply, onRequest } = openParentChannel();

type Handler = (event: unknown, context: Context) => unknown;

try {
  serveRequests(await loadHandler(module));
} catch (error) {
  reply(failedReply(error));
}

/** The channel to the parent, from this thread or process. */
function openParentChannel(): ParentChannel {
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
    throw new Error('function-worker.ts cannot run alone: execution-environment.ts starts it');
  }
  // The parent process has ended.
  process.once('disconnect', () => process.exit());
  return {
    module,
    reply: (message) => void process.send?.(message),
    onRequest: (serve) => void process.on('message', serve),
  };
}

function failedReply(error: unknown): InvokeReply {
  return {
    kind: 'failed',
    error:
      error instanceof Error
        ? { type: error.name, message: error.message, stack: error.stack }
        : { type: typeof error, message: format(error), stack: undefined },
  };
}

function createContext(request: InvokeRequest): Context {
  const deadline = performance.now() + request.timeoutMs;
  const name = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
  const unsupported = () => {
    throw new Error('Callbacks are not supported: return a promise');
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
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

async function loadHandler(url: string): Promise<Handler> {
  const { handler }: { handler?: unknown } = await import(url);
  if (!isHandler(handler)) throw new TypeError(`${url} must export a function named handler`);
  return handler;
}

function serveRequests(handler: Handler) {
  onRequest(async (request: InvokeRequest) => {
    try {
      const result = await handler(JSON.parse(request.event), createContext(request));
      reply({ kind: 'returned', result: JSON.stringify(result ?? null) });
    } catch (error) {
      reply(failedReply(error));
    }
  });
  reply({ kind: 'ready' });
}
