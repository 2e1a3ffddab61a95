import * as z from 'zod';
import { followedEvents } from '../shared/taskrouter/followed-events.ts';
import { schemaVersion } from './twin/events/cloud-event.ts';
import { streamPrefix } from './twin/events/event-types.ts';
import type { WorldDescription } from './world-description.ts';
import type { TaskEvents } from './world-options.ts';

const Made = z.looseObject({ sid: z.string() });

/**
 * Has the twin tell of its events, as `npm run ops -- connect` has Twilio do it.
 * @throws Error when the twin refuses.
 */
export const connectEvents = async (
  way: TaskEvents,
  world: Pick<
    WorldDescription,
    'taskrouter' | 'apiKey' | 'apiSecret' | 'workspaceSid' | 'taskEventsUrl'
  >,
): Promise<void> => {
  const authorization = `Basic ${btoa(`${world.apiKey}:${world.apiSecret}`)}`;
  const post = async (path: string, form: [string, string][]): Promise<string> => {
    const response = await fetch(`${world.taskrouter}/v1/${path}`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    });
    if (!response.ok) throw new Error(`The twin answered ${response.status} to POST ${path}`);
    return Made.parse(await response.json()).sid;
  };

  const destination = world.taskEventsUrl;
  const description = `crm-media-sync ${destination}`;
  if (way === 'callback') {
    await post(`Workspaces/${world.workspaceSid}`, [
      ['EventCallbackUrl', destination],
      ['EventsFilter', followedEvents.join(',')],
    ]);
  } else if (way === 'event-streams') {
    const configuration = { destination, method: 'POST', batch_events: false };
    const sinkSid = await post('Sinks', [
      ['Description', description],
      ['SinkType', 'webhook'],
      ['SinkConfiguration', JSON.stringify(configuration)],
    ]);
    const types = followedEvents.map((type): [string, string] => [
      'Types',
      JSON.stringify({ type: streamPrefix + type, schema_version: schemaVersion }),
    ]);
    await post('Subscriptions', [['Description', description], ['SinkSid', sinkSid], ...types]);
  }
};
