import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** How one service uses AWS JSON. */
export interface JsonService {
  version: '1.0' | '1.1';
  /** The part of `x-amz-target` before the name of the operation. */
  target: string;
}

/** The part of an AWS client's middleware stack that is used here. */
export interface JsonMiddlewareStack {
  add(middleware: ReturnType<typeof writeJson>, options: typeof serializer): void;
  add(middleware: typeof readJson, options: typeof deserializer): void;
}

/**
 * Replaces the middlewares of an AWS client that write requests and read responses. An input may contain texts,
 * numbers, lists and objects, but no bytes and no dates. An output is the parsed JSON.
 *
 * The SDK's own middlewares compare inputs and outputs with a schema, and copy the configuration of the client for
 * each request.
 * Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function useJson(stack: JsonMiddlewareStack, service: JsonService): void {
  stack.add(writeJson(service), serializer);
  stack.add(readJson, deserializer);
}

/** The names under which the SDK adds its own middlewares. */
const serializer = { name: 'serializerMiddleware', step: 'serialize', override: true } as const;

const deserializer = {
  name: 'deserializerMiddleware',
  step: 'deserialize',
  override: true,
} as const;

/** The SDK's data about a request. Only the part that is the same for all requests of an operation is used here. */
interface Context {
  /** `<operation>Command` */
  commandName?: string;
  endpointV2?: { url: URL };
}

function writeJson({ version, target }: JsonService) {
  return <Args extends { input: object; request?: unknown }, Output>(
    next: (args: Args) => Promise<Output>,
    context: Context,
  ): ((args: Args) => Promise<Output>) => {
    const operation = context.commandName?.replace(/Command$/, '');
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'user-agent': 'crm-media-sync',
      'x-amz-target': `${target}.${operation}`,
    };
    return async (args) => {
      const { protocol, hostname, port, pathname: path } = context.endpointV2?.url ?? {};
      const request = {
        ...{ method: 'POST', protocol, hostname, port: port ? Number(port) : undefined, path },
        query: {},
        // Later middlewares add more headers, e.g. the signature.
        headers: { ...headers },
        body: JSON.stringify(args.input),
      };
      return next(Object.assign(args, { request }));
    };
  };
}

const readJson =
  <Args, Output>(next: (args: Args) => Promise<{ response: unknown }>) =>
  async (args: Args): Promise<{ response: unknown; output: Output }> => {
    const { response } = await next(args);
    if (!isHttpResponse(response))
      throw new TypeError('The request handler returned no HTTP response');
    return { response, output: await readOutput(response) };
  };

interface HttpResponse {
  statusCode: number;
  headers: Readonly<Record<string, string>>;
  body: Readable;
}

function isHttpResponse(response: unknown): response is HttpResponse {
  return typeof response === 'object' && response !== null && 'statusCode' in response;
}

/**
 * The output in a response.
 *
 * @throws Error with the fields that the SDK's retries and its clock correction read: `name`, `$fault`, `$metadata` and
 * `$response`. If the body is not JSON, no AWS service sent it, and `$fault` is missing.
 */
async function readOutput(response: HttpResponse) {
  const { statusCode, headers } = response;
  const $metadata = { httpStatusCode: statusCode, requestId: headers['x-amzn-requestid'] };
  const output = parseBody(await text(response.body));
  if (output !== undefined && statusCode < 300) return { ...output, $metadata };
  const { __type: type = headers['x-amzn-errortype'], message = output?.Message } = output ?? {};
  const error = Object.assign(new Error(message ?? `HTTP ${statusCode} without a message`), {
    name: output === undefined ? 'SyntaxError' : errorName(type),
    ...(output !== undefined && { $fault: statusCode < 500 ? 'client' : 'server' }),
    $metadata,
  });
  throw Object.defineProperty(error, '$response', { value: response });
}

function parseBody(body: string) {
  try {
    return body === '' ? {} : JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The name in `<namespace>#<name>:<URL>`; the namespace and the URL may be missing. */
function errorName(type: unknown): string {
  const [shape = ''] = String(type ?? 'Unknown').split(/[:,]/);
  return shape.slice(shape.indexOf('#') + 1);
}
