import { SQSClient } from '@aws-sdk/client-sqs';
import pc from 'picocolors';
import type { ActionInput, ActionOutputs, DeadLetterView, Depths } from '../../console/api.ts';
import type { Feed } from '../../console/server/feed.ts';
import { ActionError } from '../../console/server/server.ts';
import { awsClientOptions, queueDepth, totalMessages } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { taskRouterProblem } from '../task-router.ts';
import type { DeadLetter } from './dead-letter.ts';
import { runPurge } from './purge.ts';
import { describeReason, queueOf } from './queue.ts';
import { readMessages } from './read.ts';
import { runReplay } from './run-replay.ts';
import { replayOutcome } from './show.ts';

const queues = ['dead-letters', 'events'] as const;

/** How long a replay waits for the outcomes of its messages. */
const replayWaitMs = 30_000;

/** As the command line's default. */
const replayRate = 20;

/**
 * What the console shows of the queues of a deployment, and what it does with dead letters: by the commands of
 * `dlq`, with their audit. It holds for the local stack and for a deployed one.
 * @param root the project's folder, for the audit
 */
export function createQueueConsole(feed: Feed, deployment: Deployment, root: string) {
  const sqs = new SQSClient(awsClientOptions(deployment.aws.sqs));
  const stop = new AbortController();
  let lastCount: number | undefined;
  let running: string | undefined;
  let messages: readonly DeadLetterView[] = [];
  let work: Promise<unknown> = Promise.resolve();

  /** One command at a time: each receives the dead letters, and would hide them from the other. */
  const inTurn = <Result>(task: () => Promise<Result>): Promise<Result> => {
    const result = work.then(task);
    work = result.catch(() => {});
    return result;
  };
  const show = (): void => feed.set('deadLetters', { messages, ...(running && { running }) });

  const readAll = async (): Promise<void> => {
    const found: DeadLetterView[] = [];
    for (const name of queues) {
      const queue = queueOf(deployment, name);
      await readMessages(deployment, queue, stop.signal, silent, (deadLetter) => {
        found.push(viewOf(name, deadLetter));
      });
    }
    messages = found.toSorted((one, other) => other.firstSeen - one.firstSeen);
    show();
  };

  const command = async (
    label: string,
    run: (context: Context) => Promise<unknown>,
  ): Promise<{ text: string }> => {
    const { context, text } = capturingContext(root, stop.signal);
    running = label;
    show();
    try {
      await inTurn(() => run(context));
      return { text: text() };
    } catch (error) {
      if (error instanceof Failure) throw new ActionError(`${error.message} ${error.next}`);
      throw error;
    } finally {
      running = undefined;
      await inTurn(readAll);
    }
  };

  show();
  return {
    /** Reads the depths, and the dead letters if their number has changed. */
    refresh: async (): Promise<Depths> => {
      const depths: Depths = {
        queues: await Promise.all(
          queuesOf(deployment).map(async ({ name, url, isForSync }) => ({
            name,
            isForSync,
            ...(await queueDepth(sqs, url)),
          })),
        ),
      };
      feed.set('depths', depths);
      const dead = depths.queues.filter(({ isForSync }) => !isForSync).map(totalMessages);
      const count = dead.reduce((sum, each) => sum + each, 0);
      if (count !== (lastCount ?? 0) && running === undefined) await inTurn(readAll);
      lastCount = count;
      return depths;
    },
    /** The dry run: whether TaskRouter works, and what sync would do with each dead letter now. */
    plan: async ({ queue: name, ids }: ActionInput<'plan'>): Promise<ActionOutputs['plan']> => {
      const chosen: DeadLetter[] = [];
      const queue = queueOf(deployment, name);
      await inTurn(() =>
        readMessages(deployment, queue, stop.signal, silent, (deadLetter) => {
          if (ids.includes(deadLetter.id)) chosen.push(deadLetter);
        }),
      );
      const problem =
        name === 'events' ? undefined : await taskRouterProblem(deployment, stop.signal);
      const lines = await Promise.all(
        chosen.map(async (each) => ({
          id: each.id,
          text: await replayOutcome(each, deployment, stop.signal),
        })),
      );
      return { lines, problem };
    },
    replay: ({ queue: name, ids }: ActionInput<'replay'>): Promise<{ text: string }> => {
      const wait = name === 'events' ? {} : { wait: replayWaitMs };
      const settings = { id: ids, rate: replayRate, ...wait };
      return command('replay', (context) =>
        runReplay(deployment, queueOf(deployment, name), settings, context),
      );
    },
    purge: ({ queue: name, ids }: ActionInput<'purge'>): Promise<{ text: string }> =>
      command('purge', (context) =>
        runPurge(deployment, queueOf(deployment, name), { id: ids, yes: true }, context),
      ),
    close: (): void => {
      stop.abort();
      sqs.destroy();
    },
  };
}

function queuesOf({ queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl }: Deployment) {
  return [
    { name: 'changes', url: queueUrls.changes, isForSync: true },
    { name: 'lookups', url: queueUrls.lookups, isForSync: true },
    { name: 'dead letters', url: deadLetterQueueUrl, isForSync: false },
    { name: 'event dead letters', url: eventDeadLetterQueueUrl, isForSync: false },
  ];
}

function viewOf(queue: DeadLetterView['queue'], deadLetter: DeadLetter): DeadLetterView {
  const { id, reason, detail, ticket, task, tries, firstSeen } = deadLetter;
  const advice = describeReason(reason) ?? '';
  return { id, queue, reason, advice, detail, ticket, task, tries, firstSeen };
}

const silent: Pick<Context, 'progress'> = {
  progress: () => ({ update: () => {}, end: () => {} }),
};

/** The terminal of a command that the console runs: it keeps what the command prints. */
function capturingContext(root: string, stop: AbortSignal) {
  const printed: string[] = [];
  const keep = (text: string): void => void printed.push(text);
  const context: Context = {
    ...silent,
    environment: {},
    root,
    out: keep,
    screen: keep,
    err: () => {},
    colors: pc.createColors(false),
    stopSignal: () => stop,
    canAsk: false,
    ask: async () => undefined,
  };
  return { context, text: () => printed.join('').trim() };
}
