import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createEmulatorApp, type TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import { type EmulatorOptions, EmulatorState } from '../../../local/taskrouter/state.ts';

export interface EmulatorHooks {
  /** Called when somebody has read a Task by Twilio's API, before the answer is sent. */
  readonly afterRead: (taskSid: string) => void;
  /** Called when somebody has written to a Task by Twilio's API, before the answer is sent. */
  readonly afterWrite: (taskSid: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether it takes any write, whatever version that bears. */
  readonly ignoresIfMatch: boolean;
}

const taskPath = /\/Tasks\/(WT[0-9a-f]{32})$/;

/**
 * A TaskRouter twin that lets whoever is in this process do what agents and plugins do, at once and at
 * an exact moment, and never spoilt by a fault: all calls that it counts are those of the pipeline.
 */
export function createObservedEmulator(hooks: EmulatorHooks) {
  let startedState: EmulatorState | undefined;
  return {
    /** @throws Error while it is not started. */
    state: (): EmulatorState => {
      if (startedState === undefined) throw new Error('the twin is not started');
      return startedState;
    },
    start: async (options: EmulatorOptions): Promise<TaskRouterEmulator> => {
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
      const server = createServer((request, response) => {
        if (hooks.ignoresIfMatch) removeIfMatch(request);
        void listener(request, response);
      });
      server.listen(options.port ?? 0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('The twin has no port');
      state.url = `http://127.0.0.1:${address.port}`;
      return {
        url: state.url,
        close: async () => {
          const closed = once(server, 'close');
          state.close();
          server.close();
          server.closeAllConnections();
          await closed;
        },
      };
    },
  };
}

export type ObservedEmulator = ReturnType<typeof createObservedEmulator>;

/** Takes the version off a write, in both forms in which Node has its headers. */
function removeIfMatch({ headers, rawHeaders }: IncomingMessage): void {
  delete headers['if-match'];
  const at = rawHeaders.findIndex((text) => text.toLowerCase() === 'if-match');
  if (at >= 0) rawHeaders.splice(at, 2);
}
