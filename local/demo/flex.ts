import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { LocalStackDescription } from '../stack-description.ts';

const Sid = z.looseObject({ sid: z.string() });

const TaskResponse = z.looseObject({ sid: z.string(), attributes: z.string() });

const Stats = z.looseObject({
  calls: z.looseObject({ fetchTask: z.number(), updateTask: z.number() }),
  conflicts: z.number(),
});

/** A segment of a conversation: who had it. */
export interface Segment {
  readonly worker: string;
  readonly sid: string;
}

/** What agents and plugins do in Flex, through Twilio's own REST API; no version is ever sent. */
export function createFlexClient(stack: LocalStackDescription) {
  const tasks = `${stack.taskrouter}/v1/Workspaces/${stack.workspaceSid}/Tasks`;
  const authorization = `Basic ${btoa(`${stack.apiKey}:${stack.apiSecret}`)}`;

  const twilioRequest = async (url: string, form?: Record<string, string>): Promise<unknown> => {
    const response = await fetch(url, {
      headers: { authorization },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    if (!response.ok) throw new Error(`TaskRouter answered ${response.status} to ${url}`);
    return response.json();
  };
  const adminRequest = async (path: string, method: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${stack.taskrouter}/_twin/${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    if (!response.ok) throw new Error(`The twin answered ${response.status} to ${method} ${path}`);
    const answer = await response.text();
    return answer === '' ? undefined : JSON.parse(answer);
  };

  const attributesOf = async (taskSid: string): Promise<string> =>
    TaskResponse.parse(await twilioRequest(`${tasks}/${taskSid}`)).attributes;

  return {
    /** A conversation begins. */
    createTask: async (attributes: object): Promise<string> =>
      Sid.parse(await twilioRequest(tasks, { Attributes: JSON.stringify(attributes) })).sid,

    attributesOf,

    /** An agent is offered the conversation and takes it. */
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

    /** The agent who has the conversation hands it to another, who takes it. */
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

    /** The conversation is over, and written up. */
    complete: async (taskSid: string): Promise<void> => {
      await twilioRequest(`${tasks}/${taskSid}`, { AssignmentStatus: 'completed' });
    },

    /** A plugin writes an attribute, all attributes at once as they were when it read them. */
    overwrite: async (taskSid: string, read: string, attribute: object): Promise<void> => {
      const attributes = JSON.stringify({ ...JSON.parse(read), ...attribute });
      await twilioRequest(`${tasks}/${taskSid}`, { Attributes: attributes });
    },

    /** A TaskRouter that has seen nothing yet. */
    reset: (): Promise<unknown> => adminRequest('reset', 'POST'),

    /** Makes TaskRouter slow or faulty. */
    changeSettings: (settings: object): Promise<unknown> =>
      adminRequest('settings', 'PUT', settings),

    stats: async () => Stats.parse(await adminRequest('stats', 'GET')),

    /** Waits until somebody has begun to read a Task. */
    waitForTaskRead: async (reads: number): Promise<void> => {
      while (Stats.parse(await adminRequest('stats', 'GET')).calls.fetchTask <= reads)
        await delay(5);
    },
  };
}

export type FlexClient = ReturnType<typeof createFlexClient>;
