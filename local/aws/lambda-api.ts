import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod';
import { listen } from '../listen.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';

const UpdateRequest = z.object({ Enabled: z.boolean() });

/**
 * Starts the parts of Lambda's API that pause and resume an event source mapping, and that invoke a function,
 * on 127.0.0.1.
 * @param port any free one by default
 * Sources: https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html,
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html and
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function startLambdaApi(
  functionName: string,
  mapping: Pick<EventSourceMapping, 'uuid' | 'queueArn' | 'state' | 'setEnabled'>,
  invoked: { name: string; invoke: (event: unknown) => Promise<unknown> },
  port?: number,
) {
  const toJson = () => ({
    UUID: mapping.uuid,
    EventSourceArn: mapping.queueArn,
    State: mapping.state(),
  });
  const notFound = { Type: 'User', Message: 'The resource you requested does not exist.' };
  const notFoundHeaders = { 'x-amzn-errortype': 'ResourceNotFoundException' };

  const app = new Hono();
  app.get('/2015-03-31/event-source-mappings', (c) =>
    c.json({ EventSourceMappings: c.req.query('FunctionName') === functionName ? [toJson()] : [] }),
  );
  app.put('/2015-03-31/event-source-mappings/:uuid', async (c) => {
    if (c.req.param('uuid') !== mapping.uuid) return c.json(notFound, 404, notFoundHeaders);
    mapping.setEnabled(UpdateRequest.parse(await c.req.json()).Enabled);
    return c.json(toJson(), 202);
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
