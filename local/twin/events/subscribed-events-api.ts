import { type Context, Hono } from 'hono';
import { setUpDoor } from '../access.ts';
import type { TwinEnv } from '../door.ts';
import { parseParameters, readForm } from '../form.ts';
import { cutPage, parsePageQuery, printMeta } from '../paging.ts';
import type { TwinState } from '../state.ts';
import { badRequest, notFound } from '../twilio-errors.ts';
import type { Subscription } from './event-streams.ts';
import { printSubscribedEvent } from './event-streams-json.ts';
import { streamTypes } from './event-types.ts';
import { SchemaVersionForm, SubscribedEventForm } from './subscribed-type.ts';

const list = '/v1/Subscriptions/:SubscriptionSid/SubscribedEvents';
const one = '/v1/Subscriptions/:SubscriptionSid/SubscribedEvents/:Type';

/**
 * The events of a Subscription, as Twilio serves them.
 * Source: https://www.twilio.com/docs/events/event-streams/subscribed-event
 */
export const subscribedEventsApi = (state: TwinState): Hono<TwinEnv> => {
  const { streams, options } = state;
  const door = setUpDoor(state);
  const print = (subscription: Subscription, type: string) =>
    printSubscribedEvent(subscription, type, options.accountSid, state.url);
  const findSubscription = (c: Context<TwinEnv, typeof list>): Subscription => {
    const subscription = streams.subscriptions.get(c.req.param('SubscriptionSid'));
    if (subscription === undefined) throw notFound(c.req.path);
    return subscription;
  };
  const find = (c: Context<TwinEnv, typeof one>) => {
    const subscription = findSubscription(c);
    const type = c.req.param('Type');
    if (!subscription.types.has(type)) throw notFound(c.req.path);
    return { subscription, type };
  };

  return new Hono<TwinEnv>()
    .post(list, door, async (c) => {
      const subscription = findSubscription(c);
      const { Type, SchemaVersion } = parseParameters(SubscribedEventForm, await readForm(c));
      if (subscription.types.has(Type)) throw badRequest('Type is subscribed to already');
      subscription.types.set(Type, SchemaVersion);
      return c.json(print(subscription, Type), 201);
    })
    .get(list, door, (c) => {
      const subscription = findSubscription(c);
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const page = cutPage(
        [...subscription.types.keys()],
        (type) => [streamTypes.indexOf(type)],
        query,
      );
      const url = `${state.url}/v1/Subscriptions/${subscription.sid}/SubscribedEvents`;
      const meta = printMeta('types', url, searchParams, query, page);
      return c.json({ types: page.items.map((type) => print(subscription, type)), meta });
    })
    .get(one, door, (c) => {
      const { subscription, type } = find(c);
      return c.json(print(subscription, type));
    })
    .post(one, door, async (c) => {
      const { subscription, type } = find(c);
      const { SchemaVersion } = parseParameters(SchemaVersionForm, await readForm(c));
      subscription.types.set(type, SchemaVersion);
      return c.json(print(subscription, type));
    })
    .delete(one, door, (c) => {
      const { subscription, type } = find(c);
      subscription.types.delete(type);
      return c.body(null, 204);
    });
};
