import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createFeed } from '../../console/server/feed.ts';
import { createConsoleApp } from '../../console/server/server.ts';
import { localDeployment } from '../../ops/deployment/local-stack.ts';
import { createQueueConsole } from '../../ops/dlq/console.ts';
import type { DrillClock } from '../drill/clock.ts';
import { createLifecycle } from '../lifecycle.ts';
import { listen } from '../listen.ts';
import type { LocalStack } from '../stack.ts';
import type { LocalStackOptions, StackLogLine, StackPorts } from '../stack-options.ts';
import { createEmulatorApp, serveEmulator } from '../taskrouter/emulator.ts';
import { EmulatorState } from '../taskrouter/state.ts';
import { createActivity } from './activity.ts';
import { createConversations } from './conversations.ts';
import { createFaults } from './faults.ts';
import { checkHealth } from './health.ts';
import { createCrms } from './send.ts';
import { soundOf, startCrmPages } from './stand-ins.ts';
import { createTwilioCalls } from './twilio-calls.ts';

/** How often the console reads the depths of the queues and looks for deleted Tasks, in milliseconds. */
const refreshMs = 1000;

/**
 * The settings that the console's stack needs. The links of two CRMs are shown in a frame; one of these CRMs does
 * not allow that. Links of your own CRM use its titles.
 */
const sourceSettings: NonNullable<LocalStackOptions['sourceSettings']> = {
  generic: { linkType: 'Embedded', titleFromCrm: true },
  servicenow: { linkType: 'Embedded' },
};

interface StartOptions {
  root: string;
  host: string;
  ports: StackPorts;
}

/**
 * The console of a local stack. Start the stack with `stackOptions`, so that the console sees what happens. Then
 * call `start`.
 * @param clock lets the user put the time forward. Undefined: the console cannot do that
 */
export function createLocalConsole(clock: DrillClock | undefined) {
  const feed = createFeed();
  let emulator: EmulatorState | undefined;
  let refresh = (): void => {};
  let scheduled = false;
  /** Refreshes once, even if many events happen at the same time. */
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      refresh();
    });
  };
  const calls = createTwilioCalls();
  const activity = createActivity(feed, calls, schedule);
  let takeEvent: NonNullable<EmulatorState['options']['onEvent']> = () => {};

  const stackOptions: LocalStackOptions = {
    sourceSettings,
    onBatch: activity.takeBatch,
    ...(clock !== undefined && {
      execArgv: ['--import', new URL('../drill/clock.ts', import.meta.url).href],
    }),
    startEmulator: (options) => {
      const state = new EmulatorState({
        ...options,
        onEvent: (event) => {
          takeEvent(event);
          schedule();
        },
      });
      emulator = state;
      const listener = getRequestListener(createEmulatorApp(state).fetch);
      return serveEmulator(state, (request, response) => {
        calls.observe(request, response, (sid) => state.store.find(sid)?.attributes);
        void listener(request, response);
      });
    },
  };

  return {
    stackOptions,
    /** Reads a log line of the stack. */
    readLine: (line: StackLogLine): void => activity.readLine(line),
    /** @throws Error if a port is in use */
    start: async (stack: LocalStack, { root, host, ports }: StartOptions) => {
      if (emulator === undefined)
        throw new Error('The stack was started without stackOptions of the console');
      const deployment = localDeployment(stack.description);
      const { sources } = deployment;
      const conversations = createConversations(feed, sources);
      conversations.attach(emulator);
      takeEvent = conversations.takeEvent;
      const crms = await createCrms(stack.description, conversations);
      const queues = createQueueConsole(feed, deployment, root);
      let inQueue = 0;
      let deadLetters = 0;
      const readDepths = async (): Promise<void> => {
        const depths = (await queues.refresh()).queues;
        const count = (forSync: boolean) =>
          depths
            .filter(({ isForSync }) => isForSync === forSync)
            .reduce((sum, { visible, inFlight }) => sum + visible + inFlight, 0);
        inQueue = count(true);
        deadLetters = count(false);
      };
      const faults = createFaults(feed, {
        stack,
        deployment,
        emulator,
        clock,
        isIdle: async () => {
          await readDepths();
          return inQueue === 0;
        },
      });

      const { start, closeAll } = createLifecycle();
      const pages = await start(startCrmPages(host, ports.crmPages ?? 0, crms.ticket));
      const crmPort = Number(new URL(pages.url).port);
      feed.set('about', {
        deployment: 'local stack',
        crmPort,
        sources: crms.sources(),
        canPassTime: clock !== undefined,
      });
      refresh = () => {
        conversations.refresh();
        const { waiting } = activity.counts();
        const changes = activity.acknowledged();
        const tasks = conversations.tasks();
        feed.set('health', checkHealth({ tasks, changes, sources, inQueue, waiting, deadLetters }));
      };
      const timer = setInterval(() => {
        if (!feed.hasListeners()) return;
        void readDepths().then(schedule, () => {});
      }, refreshMs);
      refresh();

      const app = createConsoleApp({
        feed,
        host,
        crmPort,
        sound: soundOf,
        actions: {
          send: crms.send,
          start: conversations.start,
          act: conversations.act,
          faults: faults.change,
          passTime: faults.passTime,
          plan: queues.plan,
          replay: queues.replay,
          purge: queues.purge,
          stop: queues.stop,
        },
      });
      const server = await start(
        listen(createServer(getRequestListener(app.fetch)), ports.console ?? 0, host),
      );
      return {
        url: server.url,
        crmPages: pages.url,
        close: async (): Promise<void> => {
          clearInterval(timer);
          await queues.close();
          await closeAll();
        },
      };
    },
  };
}
