import { SQSClient } from '@aws-sdk/client-sqs';
import pc from 'picocolors';
import type { ActionInput, ActionOutputs } from '../../console/actions.ts';
import type { DeadLetterView, Depths, Operation } from '../../console/parts.ts';
import type { Feed } from '../../console/server/feed.ts';
import { ActionError } from '../../console/server/server.ts';
import { awsClientOptions, queueDepth, toAwsFailure, totalMessages } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { taskRouterProblem } from '../task-router.ts';
import { CompactSet } from './bounded-memory.ts';
import type { DeadLetter } from './dead-letter.ts';
import { createDryRuns } from './dry-runs.ts';
import { createMatcher, toFilter, withTicketKeys } from './options.ts';
import { countText } from './print.ts';
import { runPurge } from './purge.ts';
import { describeReason, queueOf } from './queue.ts';
import { assertNothingMissed, notReceivedText, readMessages } from './read.ts';
import { runReplay } from './run-replay.ts';
import { replayOutcome } from './show.ts';
import { createSummary } from './summary.ts';

const queues = ['dead-letters', 'events'] as const;

/** The most dead letters in the list. Reading more would take too long, and would hide them from other commands. */
const maxListed = 2000;

/** How long the list is not read again, even if the number of dead letters has changed. In milliseconds. */
const listIntervalMs = { aws: 60_000, local: 0 };

/** How long a replay waits for the outcomes of its messages. CloudWatch shows log lines late. */
const replayWaitMs = { aws: 600_000, local: 30_000 };

/** For how many dead letters a dry run says what a replay would do. Each needs requests to TaskRouter. */
const maxExamples = 10;

const progressIntervalMs = 200;

/**
 * The queues in the console of a deployment, and its actions on dead letters. The actions use the commands of
 * `dlq`, with their audit. It works for the local stack and for a deployed stack. A replay or a purge needs a dry
 * run, and works only on the messages that the dry run found.
 * @param root the project's folder, for the audit
 */
export function createQueueConsole(feed: Feed, deployment: Deployment, root: string) {
  const place = deployment.aws.cloudWatch === undefined ? 'local' : 'aws';
  const closing = new AbortController();
  const dryRuns = createDryRuns();
  let sqs = new SQSClient(awsClientOptions(deployment.aws.sqs));
  /** How many dead letters the last read found, and when. */
  let listed = { count: 0, at: Number.NEGATIVE_INFINITY };
  let operation: { view: Operation; stop: AbortController } | undefined;
  let work: Promise<unknown> = Promise.resolve();

  /** Runs one command at a time. Each command receives the dead letters, and would hide them from another. */
  const inTurn = <Result>(task: () => Promise<Result>): Promise<Result> => {
    const result = work.then(task);
    work = result.catch(() => {});
    return result;
  };

  const list = async (total: number): Promise<void> => {
    const found: DeadLetterView[] = [];
    const enough = new AbortController();
    const stop = AbortSignal.any([closing.signal, enough.signal]);
    for (const name of queues) {
      await readMessages(deployment, queueOf(deployment, name), stop, silent, (deadLetter) => {
        if (found.length < maxListed) found.push(viewOf(name, deadLetter));
        else enough.abort();
      });
    }
    const messages = found.toSorted((one, other) => other.firstSeen - one.firstSeen);
    const more = found.length < maxListed ? 0 : Math.max(0, total - found.length);
    feed.set('deadLetters', { messages, more });
    listed = { count: total, at: Date.now() };
  };

  const assertIdle = (): void => {
    if (operation === undefined) return;
    const { name } = operation.view;
    throw new ActionError(`A ${name} runs. Wait until it ends, or stop it.`);
  };

  /** Starts a command. A part of the page shows its progress and its result. */
  const start = (name: Operation['name'], run: (context: Context) => Promise<unknown>): null => {
    const stop = new AbortController();
    const printed: string[] = [];
    const started = { view: { name, isRunning: true } as Operation, stop };
    operation = started;
    const show = (change: Partial<Operation>): void => {
      started.view = { ...started.view, ...change };
      feed.set('operation', started.view);
    };
    show({});
    const signal = AbortSignal.any([closing.signal, stop.signal]);
    const context = operationContext(root, signal, show, (text) => printed.push(text));
    const end = async (change: Partial<Operation>): Promise<void> => {
      operation = undefined;
      feed.set('operation', { name, isRunning: false, result: printed.join('').trim(), ...change });
      const depths = await readDepths().catch(() => undefined);
      if (depths !== undefined) await inTurn(() => list(deadLettersIn(depths))).catch(() => {});
    };
    void inTurn(() => run(context)).then(
      () => end({}),
      (error: unknown) => end({ problem: problemOf(error, name, deployment.option) }),
    );
    return null;
  };

  const readDepths = async (): Promise<Depths> => {
    const depths = await Promise.all(
      queuesOf(deployment).map(async ({ url, ...queue }) => ({
        ...queue,
        ...(await queueDepth(sqs, url, closing.signal)),
      })),
    );
    feed.set('depths', { queues: depths });
    return { queues: depths };
  };

  feed.set('deadLetters', { messages: [], more: 0 });
  return {
    /**
     * Reads the depths, and the dead letters if their number has changed.
     * @throws an error of the AWS SDK, or a Failure
     */
    refresh: async (): Promise<Depths> => {
      try {
        const depths = await readDepths();
        const count = deadLettersIn(depths);
        const isDue = Date.now() - listed.at >= listIntervalMs[place];
        if (count !== listed.count && isDue && operation === undefined) {
          await inTurn(() => list(count));
        }
        return depths;
      } catch (error) {
        // A client keeps its credentials. A new client reads them again.
        sqs.destroy();
        sqs = new SQSClient(awsClientOptions(deployment.aws.sqs));
        throw error;
      }
    },
    /** The dry run. It shows whether TaskRouter works, and what sync would do with the newest dead letters now. */
    plan: async (input: ActionInput<'plan'>): Promise<ActionOutputs['plan']> => {
      assertIdle();
      const stop = closing.signal;
      const queue = queueOf(deployment, input.queue);
      const now = Date.now();
      const counts = createSummary(now);
      const ids = new CompactSet();
      let newest: readonly DeadLetter[] = [];
      return orActionError('The dry run', async () => {
        const filter = withTicketKeys(input.filter, deployment);
        const matches = createMatcher(toFilter(filter), now);
        const notReceived = await inTurn(() =>
          readMessages(deployment, queue, stop, silent, (deadLetter) => {
            if (!matches(deadLetter)) return;
            counts.add(deadLetter);
            ids.add(deadLetter.id);
            newest = [...newest, deadLetter]
              .sort((one, other) => other.firstSeen - one.firstSeen)
              .slice(0, maxExamples);
          }),
        );
        const summary = counts.result();
        const missed = notReceived ?? { inFlight: 0, notReturned: 0 };
        assertNothingMissed(summary.total, missed, queue);
        const lines = await Promise.all(
          newest.map(async (each) => ({
            id: each.id,
            text: await replayOutcome(each, deployment, stop),
          })),
        );
        return {
          token: dryRuns.add({ queue, filter, ids }),
          count: summary.total,
          text: countText(summary, queue),
          lines,
          problem: queue.name === 'events' ? undefined : await taskRouterProblem(deployment, stop),
          notes: notReceivedText(missed, queue),
        };
      });
    },
    replay: async ({ token, rate, limit }: ActionInput<'replay'>): Promise<null> => {
      assertIdle();
      const { queue, filter, ids } = dryRuns.take(token);
      const settings = {
        ...filter,
        only: ids,
        rate,
        ...(limit !== undefined && { limit }),
        ...(queue.name !== 'events' && { wait: replayWaitMs[place] }),
      };
      return start('replay', (context) => runReplay(deployment, queue, settings, context));
    },
    purge: async ({ token, confirmation }: ActionInput<'purge'>): Promise<null> => {
      assertIdle();
      const { queue, filter, ids } = dryRuns.find(token);
      if (confirmation.trim() !== String(ids.size)) {
        throw new ActionError(`Type ${ids.size} to delete them. Nothing was deleted.`);
      }
      dryRuns.take(token);
      const settings = { ...filter, only: ids, yes: true as const };
      return start('purge', (context) => runPurge(deployment, queue, settings, context));
    },
    /** Stops the replay or the purge, as Ctrl-C does. No message is lost. */
    stop: async (): Promise<null> => {
      operation?.stop.abort();
      return null;
    },
    /**
     * Runs a task that also reads the dead letters. While a replay runs, it does not wait, because a replay may
     * take long.
     */
    alone: <Result>(task: () => Promise<Result>): Promise<Result> =>
      operation === undefined ? inTurn(task) : task(),
    /** Stops a running command, and waits for its end. */
    close: async (): Promise<void> => {
      closing.abort();
      await work;
      sqs.destroy();
    },
  };
}

/**
 * Runs a task of an action.
 * @param action the name of the task in an error, e.g. `The dry run`
 * @throws ActionError with the next step in place of a Failure or an error of the AWS SDK
 */
export async function orActionError<Result>(
  action: string,
  task: () => Promise<Result>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    const failure = toAwsFailure(error, action);
    throw failure instanceof Failure ? new ActionError(textOf(failure)) : error;
  }
}

function textOf({ message, next }: Failure): string {
  return `${message} ${next}`;
}

/** Why a command failed. The message of an unexpected error is not shown, because it may quote a message. */
function problemOf(error: unknown, name: string, option: string): string {
  const failure = toAwsFailure(error, `The ${name}`);
  if (failure instanceof Failure) return textOf(failure);
  return `The ${name} failed unexpectedly. Run npm run ops -- dlq ${name} ${option}, and report what it prints.`;
}

function queuesOf({ queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl }: Deployment) {
  return [
    { id: 'changes', name: 'changes', url: queueUrls.changes, isForSync: true },
    { id: 'lookups', name: 'lookups', url: queueUrls.lookups, isForSync: true },
    { id: 'deadLetters', name: 'dead letters', url: deadLetterQueueUrl, isForSync: false },
    {
      id: 'eventDeadLetters',
      name: 'event dead letters',
      url: eventDeadLetterQueueUrl,
      isForSync: false,
    },
  ];
}

/** How many messages the dead-letter queues hold. */
export function deadLettersIn(depths: Depths): number {
  return depths.queues
    .filter(({ isForSync }) => !isForSync)
    .reduce((sum, depth) => sum + totalMessages(depth), 0);
}

function viewOf(queue: DeadLetterView['queue'], deadLetter: DeadLetter): DeadLetterView {
  const { id, reason, detail, source, ticket, task, tries, firstSeen } = deadLetter;
  const advice = describeReason(reason) ?? '';
  return { id, queue, reason, advice, detail, source, ticket, task, tries, firstSeen };
}

/** A progress display that shows nothing. */
export const silent: Pick<Context, 'progress'> = {
  progress: () => ({ update: () => {}, end: () => {} }),
};

/** The terminal of a command that the console runs. */
function operationContext(
  root: string,
  stop: AbortSignal,
  show: (change: Partial<Operation>) => void,
  print: (text: string) => void,
): Context {
  return {
    environment: {},
    root,
    out: print,
    screen: print,
    err: (text) => show({ note: text.trim() }),
    colors: pc.createColors(false),
    progress: ({ label: step, total }) => {
      let shownAt = 0;
      show({ step, done: 0, total, note: undefined });
      return {
        update: (done, note) => {
          if (Date.now() - shownAt < progressIntervalMs) return;
          shownAt = Date.now();
          show({ done, total: Math.max(total, done), note });
        },
        end: () => {},
      };
    },
    stopSignal: () => stop,
    canAsk: false,
    ask: async () => undefined,
  };
}
