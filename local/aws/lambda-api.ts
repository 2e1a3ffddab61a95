import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod';
import { listen } from '../listen.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';

const UpdateRequest = z.object({ Enabled: z.boolean() });

/**
 * Starts the parts of Lambda's API that pause and resume the event source mappings, and that invoke a function,
 * on 127.0.0.1.
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
