import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { jsonText } from '../../../shared/json.ts';
import { notFound, sinkInUse } from '../errors.ts';
import { authenticate, type EmulatorEnv } from '../http/middleware.ts';
import { pageMeta, paginate, parsePageQuery } from '../http/paging.ts';
import { parseParameters, readForm, webhookUrlSchema } from '../http/request.ts';
import type { EmulatorState } from '../state.ts';
import { type Sink, sinkToJson } from './event-streams.ts';

/** That events come one by one by default is a guess. */
const SinkConfigurationJson = z.object({
  destination: webhookUrlSchema,
  method: z.literal('POST', 'must be POST: the emulator supports no other'),
  batch_events: z.boolean('must be true or false').default(false),
});

/** Body of a create. Source: https://www.twilio.com/docs/events/event-streams/sink-resource */
const CreateSinkForm = z.object({
  Description: z.string('must be there'),
  SinkConfiguration: jsonText(SinkConfigurationJson),
  SinkType: z.literal('webhook', 'must be webhook: the emulator supports no other'),
});

const UpdateSinkForm = CreateSinkForm.pick({ Description: true });

const SinkQuery = z.object({
  InUse: z.enum(['true', 'false'], 'must be true or false').optional(),
  Status: z.string().optional(),
});

const sinksPath = '/v1/Sinks';

const sinkPath = '/v1/Sinks/:Sid';

/** The API of Event Streams' Sinks; webhooks only. */
export function sinksApi(state: EmulatorState): Hono<EmulatorEnv> {
  const { streams } = state;
  const authenticated = authenticate(state);
  const print = (sink: Sink) => sinkToJson(sink, state.url);
  const find = (c: Context<EmulatorEnv, typeof sinkPath>): Sink => {
    const sink = streams.sinks.get(c.req.param('Sid'));
    if (sink === undefined) throw notFound(c.req.path);
    return sink;
  };

  return new Hono<EmulatorEnv>()
    .post(sinksPath, authenticated, async (c) => {
      const { Description, SinkConfiguration } = parseParameters(CreateSinkForm, await readForm(c));
      return c.json(print(streams.addSink(Description, SinkConfiguration)), 201);
    })
    .get(sinksPath, authenticated, (c) => {
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const { InUse, Status } = parseParameters(SinkQuery, searchParams);
      const matching = [...streams.sinks.values()].filter(
        (sink) =>
          (Status === undefined || Status === print(sink).status) &&
          (InUse === undefined || (InUse === 'true') === streams.isInUse(sink)),
      );
      const page = paginate(matching, ({ number }) => [number], query);
      const meta = pageMeta('sinks', state.url + sinksPath, searchParams, query, page);
      return c.json({ sinks: page.items.map(print), meta });
    })
    .get(sinkPath, authenticated, (c) => c.json(print(find(c))))
    .post(sinkPath, authenticated, async (c) => {
      const sink = find(c);
      streams.setDescription(sink, parseParameters(UpdateSinkForm, await readForm(c)).Description);
      return c.json(print(sink));
    })
    .delete(sinkPath, authenticated, (c) => {
      const sink = find(c);
      if (streams.isInUse(sink)) throw sinkInUse();
      streams.sinks.delete(sink.sid);
      return c.body(null, 204);
    });
}
