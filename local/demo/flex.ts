import * as z from 'zod';
import type { LocalStackDescription } from '../stack-description.ts';

const Sid = z.looseObject({ sid: z.string() });

const TaskResponse = z.looseObject({ sid: z.string(), attributes: z.string() });

const Stats = z.looseObject({
  calls: z.looseObject({ fetchTask: z.number(), updateTask: z.number() }),
  conflicts: z.number(),
});

/** A segment of a conversation, and its worker. */
export interface Segment {
  worker: string;
  sid: string;
}

/** What agents and plugins do in Flex, through Twilio's REST API. They never send `If-Match`. */
export function createFlexClient(stack: LocalStackDescription) {
  const tasks = `${stack.taskrouter}/v1/Workspaces/${stack.workspaceSid}/Tasks`;
  const authorization = `Basic ${btoa(`${stack.apiKey}:${stack.apiSecret}`)}`;

  const twilioRequest = async (url: string, form?: Record<string, string>): Promise<unknown> => {
    const response = await fetch(url, {
      headers: { authorization },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    if (!response.ok) throw new Error(`TaskRouter returned ${response.status} to ${url}`);
    return response.json();
  };
  const adminRequest = async (path: string, method: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${stack.taskrouter}/_emulator/${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    if (!response.ok)
      throw new Error(`The TaskRouter emulator returned ${response.status} to ${method} ${path}`);
    const answer = await response.text();
    return answer === '' ? undefined : JSON.parse(answer);
  };

  const attributesOf = async (taskSid: string): Promise<string> =>
    TaskResponse.parse(await twilioRequest(`${tasks}/${taskSid}`)).attributes;

  return {
    /** Starts a conversation. Returns the SID of its Task. */
    createTask: async (attributes: object): Promise<string> =>
      Sid.parse(await twilioRequest(tasks, { Attributes: JSON.stringify(attributes) })).sid,

    attributesOf,

    /** Offers the conversation to an agent, who accepts it. */
    accept: async (taskSid: string, worker: string): Promise<Segment> => {
      const offered = await adminRequest(`Tasks/${taskSid}/Reservations`, 'POST', {
        workerName: worker,
      });
      const { sid } = Sid.parse(offered);
      await twilioRequest(`${tasks}/${taskSid}/Reservations/${sid}`, {
        ReservationStatus: 'accepted',
      });
      return { worker, sid };
    },

    /** Transfers the conversation to another agent, who accepts it. */
    transfer: async (taskSid: string, worker: string): Promise<Segment> => {
      const offered = await adminRequest(`Tasks/${taskSid}/Transfers`, 'POST', {
        workerName: worker,
        mode: 'COLD',
      });
      const { sid } = Sid.parse(offered);
      await twilioRequest(`${tasks}/${taskSid}/Reservations/${sid}`, {
        ReservationStatus: 'accepted',
      });
      return { worker, sid };
    },

    /** Ends the conversation and its wrap-up. */
    complete: async (taskSid: string): Promise<void> => {
      await twilioRequest(`${tasks}/${taskSid}`, { AssignmentStatus: 'completed' });
    },

    /** Writes an attribute as a plugin does: the plugin also writes back all attributes that it has read. */
    overwrite: async (taskSid: string, read: string, attribute: object): Promise<void> => {
      const attributes = JSON.stringify({ ...JSON.parse(read), ...attribute });
      await twilioRequest(`${tasks}/${taskSid}`, { Attributes: attributes });
    },

    /** Deletes all Tasks and statistics of the emulator. */
    reset: (): Promise<unknown> => adminRequest('reset', 'POST'),

    /** Changes settings of the emulator, e.g. to make TaskRouter slow or faulty. */
    changeSettings: (settings: object): Promise<unknown> =>
      adminRequest('settings', 'PUT', settings),

    stats: async () => Stats.parse(await adminRequest('stats', 'GET')),
  };
}

export type FlexClient = ReturnType<typeof createFlexClient>;
