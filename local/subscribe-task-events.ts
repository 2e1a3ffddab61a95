import * as z from 'zod';
import { followedEvents } from '../shared/taskrouter/task-router.ts';
import type { LocalStackDescription } from './stack-description.ts';
import type { TaskEventDelivery } from './stack-options.ts';
import { eventStreamsPrefix } from './taskrouter/events/event.ts';
import { schemaVersion } from './taskrouter/events/payloads.ts';

const CreatedResource = z.looseObject({ sid: z.string() });

/**
 * Subscribes to the emulator's events, as `npm run ops -- connect` subscribes to Twilio's events.
 * @throws Error if the emulator rejects a request
 */
export async function subscribeToTaskEvents(
  delivery: TaskEventDelivery,
  stack: Pick<
    LocalStackDescription,
    'taskrouter' | 'apiKey' | 'apiSecret' | 'workspaceSid' | 'taskEventsUrl'
  >,
): Promise<void> {
  const authorization = `Basic ${btoa(`${stack.apiKey}:${stack.apiSecret}`)}`;
  const post = async (path: string, form: [string, string][]): Promise<string> => {
    const response = await fetch(`${stack.taskrouter}/v1/${path}`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    });
    if (!response.ok)
      throw new Error(`The TaskRouter emulator returned ${response.status} to POST ${path}`);
    return CreatedResource.parse(await response.json()).sid;
  };

  const destination = stack.taskEventsUrl;
  const description = `crm-media-sync ${destination}`;
  if (delivery === 'callback') {
    await post(`Workspaces/${stack.workspaceSid}`, [
      ['EventCallbackUrl', destination],
      ['EventsFilter', followedEvents.join(',')],
    ]);
  } else if (delivery === 'event-streams') {
    const configuration = { destination, method: 'POST', batch_events: false };
    const sinkSid = await post('Sinks', [
      ['Description', description],
      ['SinkType', 'webhook'],
      ['SinkConfiguration', JSON.stringify(configuration)],
    ]);
    const types = followedEvents.map((type): [string, string] => [
      'Types',
      JSON.stringify({ type: eventStreamsPrefix + type, schema_version: schemaVersion }),
    ]);
    await post('Subscriptions', [['Description', description], ['SinkSid', sinkSid], ...types]);
  }
}
