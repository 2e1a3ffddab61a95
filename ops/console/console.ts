import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getRequestListener } from '@hono/node-server';
import type { Actions } from '../../console/actions.ts';
import type { Depths, Health, StackView } from '../../console/parts.ts';
import { createFeed } from '../../console/server/feed.ts';
import { ActionError, createConsoleApp } from '../../console/server/server.ts';
import { awsClientOptions, toAwsFailure } from '../aws.ts';
import type { AwsClientConfig, Deployment } from '../deployment/deployment.ts';
import { createQueueConsole, deadLettersIn, orActionError, silent } from '../dlq/console.ts';
import { describeAlarm, readAlarms } from '../doctor/alarms.ts';
import { checkDeployment } from '../doctor/deployment.ts';
import { oldestMessages } from '../doctor/queues.ts';
import { Failure } from '../failure.ts';
import { eventSourceState } from '../sync/event-source.ts';
import { traceView } from '../why/print.ts';
import { parseTraceItem, requireTraceItem, traceItem } from '../why/trace.ts';

interface ConsoleOptions {
  /** The name of the stack; undefined for the local stack. */
  stack: string | undefined;
  /** The project's folder, for the audit. */
  root: string;
  /** The address to listen on. */
  host: string;
  /** The port to listen on. 0: any free port. */
  port: number;
  /** How often the queues are read while a page is open. */
  pollMs?: number;
}

/** Data that is read repeatedly. */
interface Poll {
  /** The name of the read, e.g. `Reading the alarms`. */
  what: string;
  /** How often the data is read: once in this many polls of the queues. */
  every: number;
  read: () => Promise<void>;
}

/**
 * Starts the console of a deployment. It reads the state while a page is open. For the actions of the page it uses
 * the code of `dlq`, `why` and `doctor`.
 * @throws Failure if it cannot listen on the address
 */
export async function startConsole(
  deployment: Deployment,
  { stack, root, host, port, pollMs = 5000 }: ConsoleOptions,
) {
  const feed = createFeed();
  const closing = new AbortController();
  const queues = createQueueConsole(feed, deployment, root);
  const { aws, option, alarmNamePrefix: prefix } = deployment;

  let depths: Depths | undefined;
  let inAlarm = 0;
  let view: StackView = { region: aws.sqs.region, sync: 'unknown' };
  const showStack = (change: Partial<StackView>): void => {
    view = { ...view, ...change };
    feed.set('stack', view);
  };

  const { cloudWatch, sts } = aws;
  const polls: readonly Poll[] = [
    {
      what: 'Reading the queues',
      every: 1,
      read: async () => {
        depths = await queues.refresh();
      },
    },
    {
      what: 'Reading the event sources of sync',
      every: 6,
      read: async () => showStack({ sync: (await eventSourceState(deployment)).state }),
    },
    ...(sts === undefined
      ? []
      : [
          {
            what: 'Reading your AWS identity',
            every: 12,
            read: async () => showStack(await callerIdentity(sts)),
          },
        ]),
    ...(cloudWatch === undefined
      ? []
      : [
          {
            what: 'Reading the ages of messages',
            every: 12,
            read: async () =>
              feed.set('oldest', await oldestMessages(cloudWatch, urlsOf(deployment))),
          },
          {
            what: 'Reading the alarms',
            every: 6,
            read: async () => {
              const found = prefix === undefined ? [] : await readAlarms(cloudWatch, prefix);
              const alarms = found.map((alarm) => describeAlarm(alarm, prefix ?? ''));
              inAlarm = alarms.filter(isInAlarm).length;
              feed.set('alarms', {
                alarms: alarms.toSorted(
                  (one, other) => Number(isInAlarm(other)) - Number(isInAlarm(one)),
                ),
              });
            },
          },
        ]),
  ];

  const problems = new Map<string, Failure>();
  const showState = (): void => {
    const found = [...problems.values()].map(({ message: text, next }) => ({ text, next }));
    feed.set('problems', { problems: found });
    feed.set('health', healthOf(depths, inAlarm, problems.size));
  };
  const poller = createPoller(polls, pollMs, (what, error) => {
    if (closing.signal.aborted) return;
    if (error === undefined) problems.delete(what);
    else problems.set(what, toFailure(error, what, option));
    showState();
  });

  feed.set('about', { deployment: deployment.name, sources: [], canPassTime: false });
  showStack({});
  const actions: Actions = {
    plan: queues.plan,
    replay: queues.replay,
    purge: queues.purge,
    stop: queues.stop,
    why: ({ item: text, hours }) =>
      orActionError('Why', async () => {
        const item = parseTraceItem(text.trim());
        if (item === undefined) throw new ActionError(itemHint);
        const now = Date.now();
        const found = requireTraceItem(item, deployment.sources);
        const trace = await queues.alone(() =>
          traceItem(deployment, found, now - hours * hourMs, closing.signal, silent),
        );
        return traceView(trace, now, option);
      }),
    doctor: () => orActionError('doctor', () => checkDeployment(deployment, stack, {})),
  };
  const app = createConsoleApp({ feed, actions, host });
  const server = createServer(getRequestListener(app.fetch));
  const url = await listenOn(server, host, port);
  const timer = setInterval(() => {
    if (feed.hasListeners()) poller.readDue();
  }, pollMs / 20);

  return {
    url,
    /** Stops a running replay or purge, as Ctrl-C does, and waits for its end. */
    close: async (): Promise<void> => {
      clearInterval(timer);
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, queues.close()]);
    },
  };
}

const hourMs = 3_600_000;

const itemHint =
  'Give a ticket as <source>/<id>, for example zendesk/4711, or the SID of a Task, call or conversation (WT…, CA… or CH…).';

/**
 * Reads each kind of data when it is due. A read that failed is repeated at the next poll.
 * @param onRead called after each read, with the error if it failed
 */
function createPoller(
  polls: readonly Poll[],
  pollMs: number,
  onRead: (what: string, error?: unknown) => void,
) {
  const dueAt = new Map<Poll, number>();
  const readOne = async (poll: Poll): Promise<void> => {
    // A read must not start again before it has ended.
    dueAt.set(poll, Number.POSITIVE_INFINITY);
    const startedAt = Date.now();
    try {
      await poll.read();
      dueAt.set(poll, startedAt + poll.every * pollMs);
      onRead(poll.what);
    } catch (error) {
      dueAt.set(poll, startedAt + pollMs);
      onRead(poll.what, error);
    }
  };
  return {
    readDue: (): void => {
      const now = Date.now();
      for (const poll of polls) if ((dueAt.get(poll) ?? 0) <= now) void readOne(poll);
    },
  };
}

async function callerIdentity(access: AwsClientConfig): Promise<Partial<StackView>> {
  const sts = new STSClient(awsClientOptions(access));
  try {
    const { Account: account, Arn: identity } = await sts.send(new GetCallerIdentityCommand({}));
    return { account, identity };
  } finally {
    sts.destroy();
  }
}

/** The queues' URLs. The keys are those of the parts `depths` and `oldest`. */
function urlsOf({ queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl }: Deployment) {
  return {
    ...queueUrls,
    deadLetters: deadLetterQueueUrl,
    eventDeadLetters: eventDeadLetterQueueUrl,
  };
}

function isInAlarm({ state }: { state: string }): boolean {
  return state === 'ALARM';
}

/** The message of an unexpected error is not shown: it may quote a message. */
function toFailure(error: unknown, what: string, option: string): Failure {
  const failure = toAwsFailure(error, what);
  return failure instanceof Failure
    ? failure
    : new Failure(
        `${what} failed unexpectedly.`,
        `Run npm run ops -- status ${option}, and report what it prints.`,
      );
}

function healthOf(depths: Depths | undefined, inAlarm: number, problems: number): Health {
  const health = (state: Health['state'], text: string): Health => ({
    state,
    text,
    violations: [],
  });
  if (problems > 0) return health('violated', 'not everything can be read');
  if (depths === undefined) return health('under-way', 'reading');
  const count = deadLettersIn(depths);
  const letters = `${count === 0 ? 'no' : count} dead ${count === 1 ? 'letter' : 'letters'}`;
  if (inAlarm > 0) {
    return health('violated', `${inAlarm} ${inAlarm === 1 ? 'alarm' : 'alarms'}, ${letters}`);
  }
  return health(count > 0 ? 'dead-letters' : 'good', letters);
}

/** @returns the URL of the server */
async function listenOn(server: Server, host: string, port: number): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string') throw error;
    throw new Failure(
      `The console cannot listen on ${host}, port ${port} (${code}).`,
      'Give another --port or --host. Without --port any free port is used.',
      { cause: error },
    );
  }
  const address = server.address();
  const used = typeof address === 'object' ? address?.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${used}`;
}
