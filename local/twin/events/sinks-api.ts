import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import { setUpDoor } from '../access.ts';
import type { TwinEnv } from '../door.ts';
import { parseParameters, readForm, webhookUrl } from '../form.ts';
import { cutPage, parsePageQuery, printMeta } from '../paging.ts';
import type { TwinState } from '../state.ts';
import { notFound, sinkInUse } from '../twilio-errors.ts';
import type { Sink } from './event-streams.ts';
import { printSink } from './event-streams-json.ts';

/** That events come one by one where nothing is said is a guess. */
const Configuration = z.object({
  destination: webhookUrl,
  method: z.literal('POST', 'must be POST: the twin knows no other'),
  batch_events: z.boolean('must be true or false').default(false),
});

/** Body of a create. Source: https://www.twilio.com/docs/events/event-streams/sink-resource */
const CreateForm = z.object({
  Description: z.string('must be there'),
  SinkConfiguration: jsonText(Configuration),
  SinkType: z.literal('webhook', 'must be webhook: the twin knows no other'),
});

const UpdateForm = CreateForm.pick({ Description: true });

const Query = z.object({
  InUse: z.enum(['true', 'false'], 'must be true or false').optional(),
  Status: z.string().optional(),
});

const list = '/v1/Sinks';
const one = '/v1/Sinks/:Sid';

/** The Sinks of Event Streams, as Twilio serves them; of webhooks only. */
export const sinksApi = (state: TwinState): Hono<TwinEnv> => {
  const { streams } = state;
  const door = setUpDoor(state);
  const print = (sink: Sink) => printSink(sink, state.url);
  const find = (c: Context<TwinEnv, typeof one>): Sink => {
    const sink = streams.sinks.get(c.req.param('Sid'));
    if (sink === undefined) throw notFound(c.req.path);
    return sink;
  };

  return new Hono<TwinEnv>()
    .post(list, door, async (c) => {
      const { Description, SinkConfiguration } = parseParameters(CreateForm, await readForm(c));
      return c.json(print(streams.addSink(Description, SinkConfiguration)), 201);
    })
    .get(list, door, (c) => {
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const { InUse, Status } = parseParameters(Query, searchParams);
      const wanted = [...streams.sinks.values()].filter(
        (sink) =>
          (Status === undefined || Status === print(sink).status) &&
          (InUse === undefined || (InUse === 'true') === streams.isInUse(sink)),
      );
      const page = cutPage(wanted, ({ number }) => [number], query);
      const meta = printMeta('sinks', state.url + list, searchParams, query, page);
      return c.json({ sinks: page.items.map(print), meta });
    })
    .get(one, door, (c) => c.json(print(find(c))))
    .post(one, door, async (c) => {
      const sink = find(c);
      streams.describe(sink, parseParameters(UpdateForm, await readForm(c)).Description);
      return c.json(print(sink));
    })
    .delete(one, door, (c) => {
      const sink = find(c);
      if (streams.isInUse(sink)) throw sinkInUse();
      streams.sinks.delete(sink.sid);
      return c.body(null, 204);
    });
};
