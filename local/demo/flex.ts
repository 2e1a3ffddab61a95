import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { WorldDescription } from '../world-description.ts';

const Sid = z.looseObject({ sid: z.string() });
const TaskAnswer = z.looseObject({ sid: z.string(), attributes: z.string() });
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
export const flex = (world: WorldDescription) => {
  const tasks = `${world.taskrouter}/v1/Workspaces/${world.workspaceSid}/Tasks`;
  const authorization = `Basic ${btoa(`${world.apiKey}:${world.apiSecret}`)}`;

  const twilio = async (url: string, form?: Record<string, string>): Promise<unknown> => {
    const response = await fetch(url, {
      headers: { authorization },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    if (!response.ok) throw new Error(`TaskRouter answered ${response.status} to ${url}`);
    return response.json();
  };
  const control = async (path: string, method: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${world.taskrouter}/_twin/${path}`, {
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
    TaskAnswer.parse(await twilio(`${tasks}/${taskSid}`)).attributes;

  return {
    /** A conversation begins. */
    createTask: async (attributes: object): Promise<string> =>
      Sid.parse(await twilio(tasks, { Attributes: JSON.stringify(attributes) })).sid,

    attributesOf,

    /** An agent is offered the conversation and takes it. */
    accept: async (taskSid: string, worker: string): Promise<Segment> => {
      const offered = await control(`Tasks/${taskSid}/Reservations`, 'POST', {
        workerName: worker,
      });
      const { sid } = Sid.parse(offered);
      await twilio(`${tasks}/${taskSid}/Reservations/${sid}`, { ReservationStatus: 'accepted' });
      return { worker, sid };
    },

    /** The agent who has the conversation hands it to another, who takes it. */
    transfer: async (taskSid: string, worker: string): Promise<Segment> => {
      const offered = await control(`Tasks/${taskSid}/Transfers`, 'POST', {
        workerName: worker,
        mode: 'COLD',
      });
      const { sid } = Sid.parse(offered);
      await twilio(`${tasks}/${taskSid}/Reservations/${sid}`, { ReservationStatus: 'accepted' });
      return { worker, sid };
    },

    /** The conversation is over, and written up. */
    complete: async (taskSid: string): Promise<void> => {
      await twilio(`${tasks}/${taskSid}`, { AssignmentStatus: 'completed' });
    },

    /** A plugin writes an attribute, all attributes at once as they were when it read them. */
    overwrite: async (taskSid: string, read: string, attribute: object): Promise<void> => {
      const attributes = JSON.stringify({ ...JSON.parse(read), ...attribute });
      await twilio(`${tasks}/${taskSid}`, { Attributes: attributes });
    },

    /** A TaskRouter that has seen nothing yet. */
    reset: (): Promise<unknown> => control('reset', 'POST'),

    /** Makes TaskRouter slow or faulty. */
    disturb: (settings: object): Promise<unknown> => control('settings', 'PUT', settings),

    stats: async () => Stats.parse(await control('stats', 'GET')),

    /** Waits until somebody has begun to read a Task. */
    readBegins: async (reads: number): Promise<void> => {
      while (Stats.parse(await control('stats', 'GET')).calls.fetchTask <= reads) await delay(5);
    },
  };
};
export type Flex = ReturnType<typeof flex>;
