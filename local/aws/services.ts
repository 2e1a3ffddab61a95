import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { listen } from '../listen.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';

interface LogEvent {
  eventId: string;
  timestamp: number;
  message: string;
}

const filterLogEventsTarget = 'Logs_20140328.FilterLogEvents';

/** A filter pattern: a field of a JSON line has this value. */
const fieldPattern = /^\{ \$\.([A-Za-z]+) = "([^"\\]*)" \}$/;

/** A filter pattern: the line contains at least one of these texts. */
const anyTermPattern = /^\?"[^"\\]*"(?: \?"[^"\\]*")*$/;

/** All other filter patterns are rejected. */
const filterPatternSyntax = new RegExp(`${fieldPattern.source}|${anyTermPattern.source}`);

const FilterLogEventsRequest = jsonText(
  z.object({
    logGroupName: z.string(),
    startTime: z.int().default(0),
    filterPattern: z
      .string()
      .regex(filterPatternSyntax, 'must be { $.field = "text" } or ?"text" ?"text"')
      .optional(),
    limit: z.int().min(1).max(10_000).default(10_000),
    /** The number of the event at which the next page begins. */
    nextToken: z.string().regex(/^\d+$/).default('0'),
  }),
);

/** More lines than one session writes. */
const maxEventsPerGroup = 100_000;

/**
 * Starts `FilterLogEvents` of CloudWatch Logs on 127.0.0.1. It keeps the latest lines of each group.
 * @param port any free one by default
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function startCloudWatchLogs(port?: number) {
  const groups = new Map<string, LogEvent[]>();

  const server = await startJsonService((requestedOperation, body) => {
    if (requestedOperation !== filterLogEventsTarget)
      return serviceError('UnknownOperationException', `only ${filterLogEventsTarget}`);
    const request = FilterLogEventsRequest.safeParse(body);
    if (!request.success) {
      return serviceError('InvalidParameterException', z.prettifyError(request.error));
    }
    const { logGroupName, startTime, filterPattern, limit, nextToken } = request.data;
    const logEvents = groups.get(logGroupName);
    if (logEvents === undefined) {
      return serviceError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    const matching = logEvents.filter(
      ({ timestamp, message }) => timestamp >= startTime && matchesFilter(filterPattern, message),
    );
    const first = Number(nextToken);
    const events = matching.slice(first, first + limit);
    const end = first + events.length;
    return { status: 200, json: { events, ...(end < matching.length && { nextToken: `${end}` }) } };
  }, port);

  return {
    ...server,
    /** Creates a log group. Returns a function that appends a line to it. */
    createLogGroup: (name: string) => {
      const events: LogEvent[] = [];
      let lines = 0;
      groups.set(name, events);
      return (message: string): void => {
        lines += 1;
        events.push({ eventId: `${lines}`, timestamp: Date.now(), message });
        if (events.length > 2 * maxEventsPerGroup) events.splice(0, maxEventsPerGroup);
      };
    },
  };
}

function matchesFilter(filterPattern: string | undefined, message: string): boolean {
  if (filterPattern === undefined) return true;
  const [, field = '', wanted] = fieldPattern.exec(filterPattern) ?? [];
  if (wanted === undefined) {
    return [...filterPattern.matchAll(/\?"([^"]*)"/g)].some(([, term = '']) =>
      message.includes(term),
    );
  }
  // Parsing each line would be slow. This check skips most lines.
  if (!message.includes(wanted)) return false;
  const line = jsonText(z.record(z.string(), z.unknown())).safeParse(message);
  return line.data?.[field] === wanted;
}

interface JsonResponse {
  status: number;
  json: object;
}

/** An error response in AWS's JSON protocol. */
export function serviceError(type: string, message: string): JsonResponse {
  return {
    status: 400,
    json: { __type: type, message, Message: message },
  };
}

/**
 * Starts a service on 127.0.0.1 that uses AWS's JSON protocol: a header names the operation.
 * @param handle gets the operation (e.g. `Logs_20140328.FilterLogEvents`) and the body
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

const GetSecretValueRequest = z.object({ SecretId: z.string() });

const getSecretValueTarget = 'secretsmanager.GetSecretValue';

/**
 * Starts `GetSecretValue` of Secrets Manager on 127.0.0.1. It reads `secrets` at each request, so that the caller
 * can change a secret while the server runs.
 * @param port any free one by default
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function startSecretsManager(secrets: Readonly<Record<string, string>>, port?: number) {
  return startJsonService((requestedOperation, body) => {
    if (requestedOperation !== getSecretValueTarget)
      return serviceError('UnknownOperationException', `only ${getSecretValueTarget}`);
    const request = GetSecretValueRequest.safeParse(JSON.parse(body));
    if (!request.success) return serviceError('ValidationException', 'SecretId must be a text');
    const name = request.data.SecretId;
    if (!Object.hasOwn(secrets, name)) {
      return serviceError(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
    }
    return {
      status: 200,
      json: {
        ARN: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-local0`,
        Name: name,
        SecretString: secrets[name],
        VersionId: randomUUID(),
        VersionStages: ['AWSCURRENT'],
        CreatedDate: 0,
      },
    };
  }, port);
}

const UpdateRequest = z.object({ Enabled: z.boolean() });

/**
 * Starts a part of Lambda's API on 127.0.0.1. It pauses and resumes event source mappings, and invokes a function.
 * @param port any free one by default
 * Sources: https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html,
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html and
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function startLambdaApi(
  functionName: string,
  mappings: readonly Pick<EventSourceMapping, 'uuid' | 'queueArn' | 'state' | 'setEnabled'>[],
  invoked: { name: string; invoke: (event: unknown) => Promise<unknown> },
  port?: number,
) {
  const toJson = (mapping: (typeof mappings)[number]) => ({
    UUID: mapping.uuid,
    EventSourceArn: mapping.queueArn,
    State: mapping.state(),
  });
  const notFound = { Type: 'User', Message: 'The resource you requested does not exist.' };
  const notFoundHeaders = { 'x-amzn-errortype': 'ResourceNotFoundException' };

  const app = new Hono();
  app.get('/2015-03-31/event-source-mappings', (c) =>
    c.json({
      EventSourceMappings: c.req.query('FunctionName') === functionName ? mappings.map(toJson) : [],
    }),
  );
  app.put('/2015-03-31/event-source-mappings/:uuid', async (c) => {
    const mapping = mappings.find(({ uuid }) => uuid === c.req.param('uuid'));
    if (mapping === undefined) return c.json(notFound, 404, notFoundHeaders);
    mapping.setEnabled(UpdateRequest.parse(await c.req.json()).Enabled);
    return c.json(toJson(mapping), 202);
  });
  app.post('/2015-03-31/functions/:name/invocations', async (c) => {
    if (c.req.param('name') !== invoked.name) return c.json(notFound, 404, notFoundHeaders);
    const event = await c.req.json();
    return invoked.invoke(event).then(
      () => c.json(null),
      ({ name, message }: Error) =>
        c.json({ errorType: name, errorMessage: message }, 200, {
          'x-amz-function-error': 'Unhandled',
        }),
    );
  });
  return listen(createServer(getRequestListener(app.fetch)), port);
}
