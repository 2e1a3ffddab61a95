import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../listen.ts';

interface JsonResponse {
  status: number;
  json: object;
}

/** An error response in the form of AWS's JSON protocol. */
export function serviceError(type: string, message: string): JsonResponse {
  return {
    status: 400,
    json: { __type: type, message, Message: message },
  };
}

/**
 * Starts a service of AWS's JSON protocol on 127.0.0.1: a header names the operation.
 * @param handle takes the operation (e.g. `Logs_20140328.FilterLogEvents`) and the body
 * @param port any free one by default
 */
export function startJsonService(
  handle: (operation: string, body: string) => JsonResponse,
  port?: number,
) {
  return listen(
    createServer(async (request, response) => {
      const operation = String(request.headers['x-amz-target']);
      const { status, json } = handle(operation, await text(request));
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(json));
    }),
    port,
  );
}
