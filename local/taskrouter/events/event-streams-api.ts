import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { jsonText } from '../../../shared/json.ts';
import { badRequest, notFound, sinkInUse, subscriptionRejected } from '../errors.ts';
import { authenticate, type EmulatorEnv } from '../http/middleware.ts';
import { pageMeta, paginate, parsePageQuery } from '../http/paging.ts';
import { parseParameters, readForm, sidSchema, webhookUrlSchema } from '../http/request.ts';
import type { EmulatorState } from '../state.ts';
import { eventStreamsTypes } from './event.ts';
import {
  eventTypeToJson,
  type Sink,
  type Subscription,
  sinkToJson,
  subscribedEventToJson,
  subscriptionToJson,
} from './event-streams.ts';
import { schemaId, schemaVersion } from './payloads.ts';

/**
 * Body of a create, except `Types`.
 * Source: https://www.twilio.com/docs/events/event-streams/subscription
 */
const CreateSubscriptionForm = z.object({
  Description: z.string('must be there'),
  SinkSid: sidSchema('DG'),
});

const UpdateSubscriptionForm = z.object({ Description: z.string().optional() });

const SubscriptionQuery = z.object({ SinkSid: sidSchema('DG').optional() });

const subscriptionsPath = '/v1/Subscriptions';

const subscriptionPath = '/v1/Subscriptions/:Sid';

/** The API of Event Streams' Subscriptions. */
export function subscriptionsApi(state: EmulatorState): Hono<EmulatorEnv> {
  const { streams, options } = state;
  const authenticated = authenticate(state);
  const print = (subscription: Subscription) =>
    subscriptionToJson(subscription, options.accountSid, state.url);
  const find = (c: Context<EmulatorEnv, typeof subscriptionPath>): Subscription => {
    const subscription = streams.subscriptions.get(c.req.param('Sid'));
    if (subscription === undefined) throw notFound(c.req.path);
    return subscription;
  };

  return new Hono<EmulatorEnv>()
    .post(subscriptionsPath, authenticated, async (c) => {
      const form = await readForm(c);
      const { Description, SinkSid } = parseParameters(CreateSubscriptionForm, form);
      const types = parseTypes(form);
      if (!streams.sinks.has(SinkSid)) throw subscriptionRejected('SinkSid names no Sink');
      return c.json(print(streams.addSubscription(Description, SinkSid, types)), 201);
    })
    .get(subscriptionsPath, authenticated, (c) => {
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const { SinkSid } = parseParameters(SubscriptionQuery, searchParams);
      const matching = [...streams.subscriptions.values()].filter(
        ({ sinkSid }) => (SinkSid ?? sinkSid) === sinkSid,
      );
      const page = paginate(matching, ({ number }) => [number], query);
      const meta = pageMeta(
        'subscriptions',
        state.url + subscriptionsPath,
        searchParams,
        query,
        page,
      );
      return c.json({ subscriptions: page.items.map(print), meta });
    })
    .get(subscriptionPath, authenticated, (c) => c.json(print(find(c))))
    .post(subscriptionPath, authenticated, async (c) => {
      const subscription = find(c);
      const { Description } = parseParameters(UpdateSubscriptionForm, await readForm(c));
      if (Description !== undefined) streams.setDescription(subscription, Description);
      return c.json(print(subscription));
    })
    .delete(subscriptionPath, authenticated, (c) => {
      streams.subscriptions.delete(find(c).sid);
      return c.body(null, 204);
    });
}

/** The name of a supported event in Event Streams. */
const EventStreamsType = z
  .string('must be the type of an event')
  .refine(
    (type) => eventStreamsTypes.includes(type),
    'must be the type of an event: see /v1/Types',
  );

/** That the default is the latest version is a guess. */
const SchemaVersion = z
  .int('must be a version of the schema')
  .min(1)
  .max(schemaVersion, `must be at most ${schemaVersion}`);

/** One of the `Types` of a Subscription: the text of a JSON object. */
const SubscribedType = jsonText(
  z.object({ type: EventStreamsType, schema_version: SchemaVersion.default(schemaVersion) }),
);

/** Body that adds an event to a Subscription. */
const SubscribedEventForm = z.object({
  Type: EventStreamsType,
  SchemaVersion: z.coerce.number().pipe(SchemaVersion).default(schemaVersion),
});

/** Body that changes the schema version of an event. */
const SchemaVersionForm = SubscribedEventForm.omit({ Type: true });

const subscribedEventsPath = '/v1/Subscriptions/:SubscriptionSid/SubscribedEvents';

const subscribedEventPath = '/v1/Subscriptions/:SubscriptionSid/SubscribedEvents/:Type';

/**
 * The API of a Subscription's events.
 * Source: https://www.twilio.com/docs/events/event-streams/subscribed-event
 */
export function subscribedEventsApi(state: EmulatorState): Hono<EmulatorEnv> {
  const { streams, options } = state;
  const authenticated = authenticate(state);
  const print = (subscription: Subscription, type: string) =>
    subscribedEventToJson(subscription, type, options.accountSid, state.url);
  const findSubscription = (c: Context<EmulatorEnv, typeof subscribedEventsPath>): Subscription => {
    const subscription = streams.subscriptions.get(c.req.param('SubscriptionSid'));
    if (subscription === undefined) throw notFound(c.req.path);
    return subscription;
  };
  const find = (c: Context<EmulatorEnv, typeof subscribedEventPath>) => {
    const subscription = findSubscription(c);
    const type = c.req.param('Type');
    if (!subscription.types.has(type)) throw notFound(c.req.path);
    return { subscription, type };
  };

  return new Hono<EmulatorEnv>()
    .post(subscribedEventsPath, authenticated, async (c) => {
      const subscription = findSubscription(c);
      const { Type, SchemaVersion } = parseParameters(SubscribedEventForm, await readForm(c));
      if (subscription.types.has(Type)) throw badRequest('the Subscription has this Type already');
      subscription.types.set(Type, SchemaVersion);
      return c.json(print(subscription, Type), 201);
    })
    .get(subscribedEventsPath, authenticated, (c) => {
      const subscription = findSubscription(c);
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const page = paginate(
        [...subscription.types.keys()],
        (type) => [eventStreamsTypes.indexOf(type)],
        query,
      );
      const url = `${state.url}/v1/Subscriptions/${subscription.sid}/SubscribedEvents`;
      const meta = pageMeta('types', url, searchParams, query, page);
      return c.json({ types: page.items.map((type) => print(subscription, type)), meta });
    })
    .get(subscribedEventPath, authenticated, (c) => {
      const { subscription, type } = find(c);
      return c.json(print(subscription, type));
    })
    .post(subscribedEventPath, authenticated, async (c) => {
      const { subscription, type } = find(c);
      const { SchemaVersion } = parseParameters(SchemaVersionForm, await readForm(c));
      subscription.types.set(type, SchemaVersion);
      return c.json(print(subscription, type));
    })
    .delete(subscribedEventPath, authenticated, (c) => {
      const { subscription, type } = find(c);
      subscription.types.delete(type);
      return c.body(null, 204);
    });
}

const typesPath = '/v1/Types';

/** The API that lists the types of events: those that the emulator supports. */
export function typesApi(state: EmulatorState): Hono<EmulatorEnv> {
  return new Hono<EmulatorEnv>().get(typesPath, authenticate(state), (c) => {
    const { searchParams } = new URL(c.req.url);
    const query = parsePageQuery(searchParams);
    const types = (searchParams.get('SchemaId') ?? schemaId) === schemaId ? eventStreamsTypes : [];
    const page = paginate(types, (type) => [types.indexOf(type)], query);
    const meta = pageMeta('types', state.url + typesPath, searchParams, query, page);
    return c.json({ types: page.items.map((type) => eventTypeToJson(type, state.url)), meta });
  });
}

/** The SDK sends one `Types` parameter for each type. */
function parseTypes(form: URLSearchParams): Map<string, number> {
  const types = form
    .getAll('Types')
    .map((Types) =>
      parseParameters(z.object({ Types: SubscribedType }), new URLSearchParams({ Types })),
    );
  if (types.length === 0) throw subscriptionRejected('Types must name at least one event');
  return new Map(types.map(({ Types }) => [Types.type, Types.schema_version]));
}

/** That `batch_events` is false by default is a guess. */
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

/** The API of Event Streams' Sinks. It supports webhooks only. */
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
