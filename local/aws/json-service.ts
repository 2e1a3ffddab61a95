import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../listen.ts';

interface JsonResponse {
  readonly status: number;
  readonly json: object;
}

/** An answer that says what is wrong, as services of AWS say it. */
export function serviceError(type: string, message: string): JsonResponse {
  return {
    status: 400,
    json: { __type: type, message, Message: message },
  };
}

/**
 * A service of AWS on 127.0.0.1 that speaks its JSON protocol: the operation is named in a header.
 * @param handle is given the operation (e.g. `Logs_20140328.FilterLogEvents`) and the body
 */
export function startJsonService(handle: (operation: string, body: string) => JsonResponse) {
  return listen(
    createServer(async (request, response) => {
      const operation = String(request.headers['x-amz-target']);
      const { status, json } = handle(operation, await text(request));
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(json));
    }),
  );
}
