import { Hono } from 'hono';
import { setUpDoor } from '../access.ts';
import type { TwinEnv } from '../door.ts';
import { cutPage, parsePageQuery, printMeta } from '../paging.ts';
import type { TwinState } from '../state.ts';
import { schemaId } from './cloud-event.ts';
import { printType } from './event-streams-json.ts';
import { streamTypes } from './event-types.ts';

const list = '/v1/Types';

/** The types of events in Event Streams, as Twilio serves them: those that the twin knows. */
export const typesApi = (state: TwinState): Hono<TwinEnv> =>
  new Hono<TwinEnv>().get(list, setUpDoor(state), (c) => {
    const { searchParams } = new URL(c.req.url);
    const query = parsePageQuery(searchParams);
    const types = (searchParams.get('SchemaId') ?? schemaId) === schemaId ? streamTypes : [];
    const page = cutPage(types, (type) => [types.indexOf(type)], query);
    const meta = printMeta('types', state.url + list, searchParams, query, page);
    return c.json({ types: page.items.map((type) => printType(type, state.url)), meta });
  });
