import type { IncomingMessage } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import {
  createEmulatorApp,
  serveEmulator,
  type TaskRouterEmulator,
} from '../../../local/taskrouter/emulator.ts';
import { type EmulatorOptions, EmulatorState } from '../../../local/taskrouter/state.ts';

interface EmulatorHooks {
  /** Called when a client has read a Task by Twilio's API, before the response is sent. */
  readonly afterRead: (taskSid: string) => void;
  /** Called when a client has updated a Task by Twilio's API, before the response is sent. */
  readonly afterWrite: (taskSid: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether it accepts every update, also with an old `If-Match`. */
  readonly ignoresIfMatch: boolean;
}

const taskPath = /\/Tasks\/(WT[0-9a-f]{32})$/;

/**
 * A TaskRouter emulator whose state this process can change directly: agents and plugins act at an exact
 * moment and no fault hits them. All HTTP calls that it counts are calls of the pipeline.
 */
export function createObservedEmulator(hooks: EmulatorHooks) {
  let startedState: EmulatorState | undefined;
  return {
    /** @throws Error while it is not started. */
    state: (): EmulatorState => {
      if (startedState === undefined) throw new Error('the emulator is not started');
      return startedState;
    },
    start: (options: EmulatorOptions): Promise<TaskRouterEmulator> => {
      const state = new EmulatorState({ ...options, now: hooks.now, onUpdate: hooks.afterWrite });
      startedState = state;
      const app = createEmulatorApp(state);
      const listener = getRequestListener(async (request, env) => {
        const answer = await app.fetch(request, env);
        const [, taskSid] = taskPath.exec(new URL(request.url).pathname) ?? [];
        if (taskSid !== undefined && request.method === 'GET' && answer.status === 200) {
          hooks.afterRead(taskSid);
        }
        return answer;
      });
      return serveEmulator(state, (request, response) => {
        if (hooks.ignoresIfMatch) removeIfMatch(request);
        void listener(request, response);
      });
    },
  };
}

export type ObservedEmulator = ReturnType<typeof createObservedEmulator>;

/** Removes the version of an update, in both forms in which Node keeps headers. */
function removeIfMatch({ headers, rawHeaders }: IncomingMessage): void {
  delete headers['if-match'];
  const at = rawHeaders.findIndex((text) => text.toLowerCase() === 'if-match');
  if (at >= 0) rawHeaders.splice(at, 2);
}
