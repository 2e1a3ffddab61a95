import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { functionMegabytes } from '../shared/config/limits.ts';

interface Invoked {
  /** The result of the handler, or Lambda's error. */
  readonly result: unknown;
  readonly output: string;
}

/**
 * Runs Lambda's own Node runtime, as in an execution environment. The runtime loads a function and handles one
 * event.
 * @param runtime the script that starts the runtime
 * @param files the files in the function's archive, by name
 * @param handler the name of the handler, e.g. `handler.handler`
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export const invokeInRuntime = async (
  runtime: string,
  folder: string,
  files: Readonly<Record<string, string>>,
  handler: string,
  environment: Readonly<Record<string, string>>,
  event: unknown,
): Promise<Invoked> => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const api = await startRuntimeApi(event);
  const child = spawn(process.execPath, [runtime], {
    cwd: folder,
    env: {
      AWS_LAMBDA_RUNTIME_API: api.host,
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
      AWS_LAMBDA_FUNCTION_NAME: 'function',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(functionMegabytes),
      AWS_LAMBDA_LOG_GROUP_NAME: 'function',
      AWS_LAMBDA_LOG_STREAM_NAME: 'function',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const exited = once(child, 'exit').then(() => ({ error: 'The runtime ended' }));
  try {
    const result = await Promise.race([api.result, exited]);
    child.kill();
    return { result, output: (await output).join('') };
  } finally {
    child.kill('SIGKILL');
    api.close();
  }
};

/** Lambda's runtime API, for one invocation. */
const startRuntimeApi = async (event: unknown) => {
  const { promise: result, resolve } = Promise.withResolvers<unknown>();
  let isHandedOut = false;
  const server = createServer(async (request, response) => {
    if (request.url?.endsWith('/invocation/next')) {
      // After its response, the runtime asks for the next event. It must wait.
      if (isHandedOut) return;
      isHandedOut = true;
      response
        .writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
          'lambda-runtime-deadline-ms': String(Date.now() + 30_000),
          'lambda-runtime-invoked-function-arn':
            'arn:aws:lambda:eu-west-1:123456789012:function:function:live',
        })
        .end(JSON.stringify(event));
      return;
    }
    const body = await text(request);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    const content: unknown = body === '' ? undefined : JSON.parse(body);
    resolve(request.url?.endsWith('/response') ? content : { error: content });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    host: `127.0.0.1:${port}`,
    result,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
