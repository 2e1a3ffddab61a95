import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { queueDepths, totalMessages } from '../../../ops/aws.ts';
import { timeFactor } from '../clock.ts';
import {
  isEvent,
  type Plan,
  poisonPrefix,
  type Step,
  type SyncKillPlace,
  syncKillPlaces,
} from '../plan/plan.ts';
import type { ChaosStack } from '../stack/chaos-stack.ts';
import { Conversation, type InterferenceCounts } from '../stack/conversation.ts';
import type { CrmSender } from '../stack/crm-sender.ts';

const maxConcurrentWebhooks = 24;

/** A run of few events takes at least this long, so that there is time for all faults. */
const minDurationMs = 3000;

const maxEventsPerSecond = 400;

/** At most this many messages wait, so that a change still meets the faults of its time. */
const maxBacklog = 1500;

const backlogCheckInterval = 200;

/** So many kills may wait for their place while steps go on. */
const maxKillsDue = 3;

/** A step waits no longer for them: the place may come only after it, as a write after an agent has accepted. */
const maxKillWaitMs = 2000;

/** How long the faults go on after the last step, unless the queue is empty before. */
const tailMs = 2000;

/** Carries out a plan, step by step. @returns the conversations, with nothing under way but messages */
export async function executePlan(
  plan: Plan,
  chaos: ChaosStack,
  crms: CrmSender,
  progress: RunProgress,
  signal: AbortSignal,
): Promise<readonly Conversation[]> {
  const stepRunner = createStepRunner(plan, chaos, crms, progress, signal);
  const depth = () => queueDepths(chaos.sqs, Object.values(chaos.stack.description.queueUrls));
  const pause = (ms: number) => delay(ms, undefined, { signal });

  const eventsPerMs = Math.min(
    maxEventsPerSecond / 1000,
    plan.steps.filter(isEvent).length / minDurationMs,
  );
  const begin = performance.now();
  for (const step of plan.steps) {
    const aheadMs = progress.events / eventsPerMs - (performance.now() - begin);
    if (aheadMs > 1) await pause(aheadMs);
    while (stepRunner.sending() >= maxConcurrentWebhooks) await pause(1);
    if (isEvent(step) && progress.events % backlogCheckInterval === backlogCheckInterval - 1) {
      while ((await depth()).visible > maxBacklog) await pause(100);
    }
    const giveUpAt = performance.now() + maxKillWaitMs;
    while (stepRunner.killsDue() > maxKillsDue && performance.now() < giveUpAt) {
      if (totalMessages(await depth()) === 0) break;
      await pause(20);
    }
    stepRunner.begin(step);
    if (isEvent(step)) progress.events += 1;
  }

  const tailEnd = performance.now() + tailMs;
  const isOver = () => performance.now() > tailEnd && stepRunner.killsDue() === 0;
  while (!isOver() && totalMessages(await depth()) > 0) await pause(50);
  return stepRunner.finish();
}

interface RunProgress extends InterferenceCounts {
  events: number;
  /** How often the sync was killed, by place. */
  readonly syncKills: Record<SyncKillPlace, number>;
}

/** Begins steps. What a step begins goes on beside the next ones. */
function createStepRunner(
  plan: Plan,
  { stack, emulator, sqs, conversations, places, now }: ChaosStack,
  crms: CrmSender,
  progress: RunProgress,
  signal: AbortSignal,
) {
  const queueUrl = stack.description.queueUrls.changes;
  const state = emulator.state();
  const opened: Conversation[] = [];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let sending = 0;
  let poisons = 0;
  const killsDue = Object.fromEntries(syncKillPlaces.map((place) => [place, 0])) as Record<
    SyncKillPlace,
    number
  >;
  const momentsDue: number[] = [];
  let isOver = false;

  const runInBackground = (work: Promise<unknown>): void => {
    const run: Promise<void> = work
      .then(() => {})
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(run));
    running.add(run);
  };
  const waitSeconds = (seconds: number) =>
    delay((seconds * 1000) / timeFactor, undefined, { signal });

  const conversation = (number: number): Conversation => {
    const found = opened[number];
    if (found === undefined) throw new Error(`conversation ${number} has not begun`);
    return found;
  };
  const open = (number: number): void => {
    const planned = plan.tasks[number];
    if (planned === undefined) throw new Error(`there is no conversation ${number}`);
    const begun = new Conversation(planned, state.store, now, progress);
    conversations.set(begun.task.sid, begun);
    opened.push(begun);
  };

  const send = async (number: number): Promise<void> => {
    const change = plan.changes[number];
    const [first] = change?.tasks ?? [];
    if (change === undefined || first === undefined)
      throw new Error(`there is no change ${number}`);
    const { task, planned } = conversation(first);
    sending += 1;
    try {
      await crms.send(change, { taskSid: task.sid, callSid: planned.callSid });
    } finally {
      sending -= 1;
    }
  };

  /** Outages may overlap: TaskRouter is back when the last one ends. */
  let outages = 0;
  const startOutage = async (seconds: number): Promise<void> => {
    outages += 1;
    state.change({ outage: true });
    await waitSeconds(seconds);
    outages -= 1;
    if (outages === 0) state.change({ outage: false });
  };

  let webhookRestart: Promise<void> = Promise.resolve();
  const restartWebhooks = async (seconds: number): Promise<void> => {
    await stack.webhooks.stop();
    await waitSeconds(seconds);
    await stack.webhooks.start();
  };

  /** Which of the processes is at the place is not known: all that run a batch are killed. One kill for all of them. */
  const killSync = (place: SyncKillPlace): boolean => {
    if (isOver || killsDue[place] === 0 || !stack.crashSync()) return false;
    while (place !== 'anyMoment' && stack.crashSync());
    killsDue[place] -= 1;
    progress.syncKills[place] += 1;
    return true;
  };
  for (const place of ['afterRead', 'afterWrite', 'afterDeadLetter'] as const) {
    places.on(place, () => void killSync(place));
  }
  places.on('batch', () => {
    const afterMs = momentsDue.shift();
    if (afterMs === undefined) return;
    const kill = delay(afterMs, undefined, { signal }).then(() => {
      if (!killSync('anyMoment')) momentsDue.push(afterMs);
    });
    runInBackground(kill);
  });

  const beginStep = (step: Step): void => {
    switch (step.action) {
      case 'open':
        open(step.task);
        return;
      case 'accept':
      case 'reject':
      case 'abandon':
      case 'transfer':
      case 'complete':
        conversation(step.task)[step.action]();
        return;
      case 'pick':
        conversation(step.task).name(step.ticket);
        return;
      case 'send':
        runInBackground(send(step.change));
        return;
      case 'write':
        conversation(step.task).write(step.writing);
        return;
      case 'collide':
      case 'wipe':
        conversation(step.task)[step.action](step.writing, step.times);
        return;
      case 'hold':
        runInBackground(
          waitSeconds(step.seconds).then(conversation(step.task).readThenWriteBack(step.writing)),
        );
        return;
      case 'remove filler':
        conversation(step.task).removeFiller();
        return;
      case 'poison': {
        poisons += 1;
        const MessageBody = `${poisonPrefix}${poisons}`;
        runInBackground(sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody })));
        return;
      }
      case 'kill':
        killsDue[step.place] += 1;
        if (step.place === 'anyMoment') momentsDue.push(step.afterMs);
        return;
      case 'outage':
        runInBackground(startOutage(step.seconds));
        return;
      case 'restart webhooks':
        webhookRestart = webhookRestart.then(() => restartWebhooks(step.seconds));
        runInBackground(webhookRestart);
        return;
    }
  };

  return {
    /** Begins a step. @throws what an earlier one has failed with. */
    begin: (step: Step): void => {
      const [failure] = failures;
      if (failure !== undefined) throw failure;
      beginStep(step);
    },
    /** How many kills wait for their place. */
    killsDue: () => Object.values(killsDue).reduce((sum, count) => sum + count, 0),
    /** How many webhooks are not accepted yet. */
    sending: () => sending,
    /** Stops all interference and waits for everything that was begun. */
    finish: async (): Promise<readonly Conversation[]> => {
      isOver = true;
      for (const each of opened) each.stopInterference();
      while (running.size > 0) await Promise.all(running);
      const [failure] = failures;
      if (failure !== undefined) throw failure;
      return opened;
    },
  };
}
