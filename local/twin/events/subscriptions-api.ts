import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { setUpDoor } from '../access.ts';
import type { TwinEnv } from '../door.ts';
import { parseParameters, readForm, sidText } from '../form.ts';
import { cutPage, parsePageQuery, printMeta } from '../paging.ts';
import type { TwinState } from '../state.ts';
import { notFound, subscriptionRefused } from '../twilio-errors.ts';
import type { Subscription } from './event-streams.ts';
import { printSubscription } from './event-streams-json.ts';
import { SubscribedType } from './subscribed-type.ts';

/**
 * Body of a create, but for `Types`.
 * Source: https://www.twilio.com/docs/events/event-streams/subscription
 */
const CreateForm = z.object({ Description: z.string('must be there'), SinkSid: sidText('DG') });
const UpdateForm = z.object({ Description: z.string().optional() });
const Query = z.object({ SinkSid: sidText('DG').optional() });

/** Each type is a parameter of its own, as the SDK sends them. */
const parseTypes = (form: URLSearchParams): Map<string, number> => {
  const types = form
    .getAll('Types')
    .map((Types) =>
      parseParameters(z.object({ Types: SubscribedType }), new URLSearchParams({ Types })),
    );
  if (types.length === 0) throw subscriptionRefused('Types must name at least one event');
  return new Map(types.map(({ Types }) => [Types.type, Types.schema_version]));
};

const list = '/v1/Subscriptions';
const one = '/v1/Subscriptions/:Sid';

/** The Subscriptions of Event Streams, as Twilio serves them. */
export const subscriptionsApi = (state: TwinState): Hono<TwinEnv> => {
  const { streams, options } = state;
  const door = setUpDoor(state);
  const print = (subscription: Subscription) =>
    printSubscription(subscription, options.accountSid, state.url);
  const find = (c: Context<TwinEnv, typeof one>): Subscription => {
    const subscription = streams.subscriptions.get(c.req.param('Sid'));
    if (subscription === undefined) throw notFound(c.req.path);
    return subscription;
  };

  return new Hono<TwinEnv>()
    .post(list, door, async (c) => {
      const form = await readForm(c);
      const { Description, SinkSid } = parseParameters(CreateForm, form);
      const types = parseTypes(form);
      if (!streams.sinks.has(SinkSid)) throw subscriptionRefused('there is no such Sink');
      return c.json(print(streams.addSubscription(Description, SinkSid, types)), 201);
    })
    .get(list, door, (c) => {
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const { SinkSid } = parseParameters(Query, searchParams);
      const wanted = [...streams.subscriptions.values()].filter(
        ({ sinkSid }) => (SinkSid ?? sinkSid) === sinkSid,
      );
      const page = cutPage(wanted, ({ number }) => [number], query);
      const meta = printMeta('subscriptions', state.url + list, searchParams, query, page);
      return c.json({ subscriptions: page.items.map(print), meta });
    })
    .get(one, door, (c) => c.json(print(find(c))))
    .post(one, door, async (c) => {
      const subscription = find(c);
      const { Description } = parseParameters(UpdateForm, await readForm(c));
      if (Description !== undefined) streams.describe(subscription, Description);
      return c.json(print(subscription));
    })
    .delete(one, door, (c) => {
      streams.subscriptions.delete(find(c).sid);
      return c.body(null, 204);
    });
};
