import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Plan, Step } from '../plan/plan.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';
import { Conversation, type Met } from '../world/conversation.ts';
import type { Crms } from '../world/crm.ts';
import { timeFactor } from '../world/time-factor.ts';
import { poisonPrefix } from './poison.ts';

const killPauseMs = 5;

export interface StormProgress extends Met {
  events: number;
  kills: number;
}

/** All that acts in a storm. What a step begins goes on beside the next ones. */
export const openStage = (
  plan: Plan,
  { world, twin, sqs, conversations, now }: ChaosWorld,
  crms: Crms,
  progress: StormProgress,
  signal: AbortSignal,
) => {
  const { queueUrl } = world.description;
  const state = twin.state();
  const opened: Conversation[] = [];
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let sending = 0;
  let killsDue = 0;
  let isOver = false;

  const beside = (work: Promise<unknown>): void => {
    const run: Promise<void> = work
      .then(() => {})
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(run));
    underWay.add(run);
  };
  const passes = (seconds: number) => delay((seconds * 1000) / timeFactor, undefined, { signal });

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

  /** Outages may overlap: the last one to end ends them all. */
  let outages = 0;
  const breakDown = async (seconds: number): Promise<void> => {
    outages += 1;
    state.change({ outage: true });
    await passes(seconds);
    outages -= 1;
    if (outages === 0) state.change({ outage: false });
  };

  let doorTurn: Promise<void> = Promise.resolve();
  const closeDoor = async (seconds: number): Promise<void> => {
    await world.door.stop();
    await passes(seconds);
    await world.door.start();
  };

  const kill = async (): Promise<void> => {
    while (!isOver) {
      if (killsDue > 0 && world.crashSync()) {
        killsDue -= 1;
        progress.kills += 1;
      }
      await delay(killPauseMs, undefined, { signal });
    }
  };
  beside(kill());

  const takeUp = (step: Step): void => {
    switch (step.does) {
      case 'open':
        open(step.task);
        return;
      case 'accept':
        conversation(step.task).accept();
        return;
      case 'transfer':
        conversation(step.task).transfer();
        return;
      case 'complete':
        conversation(step.task).complete();
        return;
      case 'send':
        beside(send(step.change));
        return;
      case 'write':
        conversation(step.task).write(step.writing);
        return;
      case 'collide':
        conversation(step.task).collide(step.writing, step.times);
        return;
      case 'wipe':
        conversation(step.task).wipe(step.writing, step.times);
        return;
      case 'hold':
        beside(passes(step.seconds).then(conversation(step.task).hold(step.writing)));
        return;
      case 'make room':
        conversation(step.task).makeRoom();
        return;
      case 'poison': {
        const MessageBody = `${poisonPrefix}${progress.events}`;
        beside(sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody })));
        return;
      }
      case 'kill':
        killsDue += 1;
        return;
      case 'outage':
        beside(breakDown(step.seconds));
        return;
      case 'close door':
        doorTurn = doorTurn.then(() => closeDoor(step.seconds));
        beside(doorTurn);
        return;
    }
  };

  return {
    /** Begins a step. @throws what an earlier one has failed with. */
    takeUp: (step: Step): void => {
      const [failure] = failures;
      if (failure !== undefined) throw failure;
      takeUp(step);
    },
    /** How many webhooks the door has not taken yet. */
    sending: () => sending,
    /** Nobody is up to anything any more; settles when all that was begun is done. */
    end: async (): Promise<readonly Conversation[]> => {
      isOver = true;
      for (const each of opened) each.calmDown();
      while (underWay.size > 0) await Promise.all(underWay);
      const [failure] = failures;
      if (failure !== undefined) throw failure;
      return opened;
    },
  };
};
