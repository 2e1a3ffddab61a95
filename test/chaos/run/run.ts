import { invariants, type TaskCase, type Violation } from '../../../local/invariants.ts';
import { queueDepths } from '../../../ops/aws.ts';
import { checkInvariants } from '../invariants/invariants.ts';
import type { ChaosOptions } from '../options.ts';
import { drawPlan } from '../plan/draw-plan.ts';
import { isEvent, type Plan, type SyncKillPlace, syncKillPlaces } from '../plan/plan.ts';
import { startChaosStack } from '../stack/chaos-stack.ts';
import type { Conversation } from '../stack/conversation.ts';
import { createCrmSender, expectedTicket, ticketFromTaskAttribute } from '../stack/crm-sender.ts';
import { drainAndReplay } from './drain.ts';
import { executePlan } from './execute-plan.ts';
import { type ReplayKillPlace, replayKillPlaces } from './replay.ts';

/**
 * Runs a plan with faults and checks the invariants.
 * @returns the line to print, and the violations in words
 */
export async function runChaos(
  options: ChaosOptions,
  signal: AbortSignal,
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
) {
  const { seed, events, kills } = options;
  const replays = kills === undefined ? 1 : Math.floor(kills * replayShare);
  const plan = drawPlan(seed, events, kills === undefined ? undefined : kills - replays);
  const total = plan.steps.filter(isEvent).length;
  const poison = plan.steps.filter(({ action }) => action === 'poison').length;
  const chaos = await startChaosStack(options);
  const { stack, emulator, logTally, sqs, now } = chaos;
  const state = emulator.state();
  const crms = createCrmSender(stack.description, now, signal);
  const syncKills = noKills<SyncKillPlace>(syncKillPlaces);
  const replayKills = noKills<ReplayKillPlace>(replayKillPlaces);
  const progress = { events: 0, collisions: 0, wipes: 0, syncKills };
  let phase = 'running the plan';
  const shown = showProgress(stream, async () => {
    const { visible, inFlight, delayed } = await queueDepths(
      sqs,
      Object.values(stack.description.queueUrls),
    );
    return (
      `${phase}: ${progress.events} of ${total} events, ${sum(syncKills)} + ${sum(replayKills)} kills, ` +
      `queue ${visible} + ${inFlight} hidden + ${delayed} delayed, ` +
      `${state.stats.faultsInjected} faults, ${logTally.count('linked')} linked`
    );
  });
  try {
    const opened = await executePlan(plan, chaos, crms, progress, signal);
    const drainResult = await drainAndReplay(
      chaos,
      opened,
      poison,
      { replays, seed },
      replayKills,
      (next) => {
        phase = next;
      },
      signal,
    );
    stream.write(
      `Interference: ${progress.collisions} writes between the sync's read and write, ${state.stats.conflicts} responses 412, ` +
        `${progress.wipes} wipes, ${crms.counts.rejected} webhooks rejected or unanswered\n`,
    );
    const unexpected = logTally.unexpected();
    if (unexpected.length > 0) {
      stream.write(`${unexpected.length} unexpected crashes and errors: ${unexpected[0]}\n`);
    }
    const violations = taskCases(plan, opened).flatMap(checkInvariants);
    const { calls, faultsInjected } = state.stats;
    const twilioCalls = sum(calls);
    const { deadLettered, replayed, problems } = drainResult;
    const { notConverged, ...broken } = countViolations(violations);
    return {
      /** The last line of a run. */
      report: {
        seed,
        events: progress.events,
        faults: faultsInjected,
        kills: sum(syncKills) + sum(replayKills),
        syncKills,
        replayKills,
        linked: logTally.count('linked'),
        expired: logTally.count('expired'),
        deadLettered,
        replayed,
        ...broken,
        converged: notConverged === 0 && problems.length === 0,
        twilioCalls,
        callsPerEvent: Math.round((100 * twilioCalls) / progress.events) / 100,
      },
      problems: [
        ...problems,
        ...violations.map(({ invariant, description }) => `${invariant}: ${description}`),
      ],
    };
  } finally {
    shown.stop();
    crms.close();
    await chaos.close();
  }
}

/** So much of the kills of `--kills` are of replays. */
const replayShare = 1 / 4;

function noKills<Place extends string>(places: readonly Place[]): Record<Place, number> {
  return Object.fromEntries(places.map((place) => [place, 0])) as Record<Place, number>;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

const terminalIntervalMs = 1000;

const logIntervalMs = 5000;

/**
 * Every Task that is not deleted, to be checked. All changes of the plan have been acknowledged. Nothing happens to
 * a canceled Task any more: if its event was lost, it need not have the ticket that it names.
 */
function taskCases(plan: Plan, opened: readonly Conversation[]): readonly TaskCase[] {
  const changes = plan.changes.flatMap((change) =>
    change.tasks.map((task) => ({ task, change: expectedTicket(change) })),
  );
  const byTask = Map.groupBy(changes, ({ task }) => task);
  return opened.flatMap((conversation, number): TaskCase[] => {
    const { task, unmanagedAttributes, leftTickets } = conversation;
    if (conversation.isDeleted || task.status === 'canceled') return [];
    const left = leftTickets.map(ticketFromTaskAttribute);
    const hasLeft = left.length > 0;
    const { zd_ticket_id: name } = unmanagedAttributes;
    const named = typeof name === 'string' ? [ticketFromTaskAttribute(name)] : [];
    const ofTask = (byTask.get(number) ?? []).map(({ change }) => change);
    return [
      {
        name: `conversation ${number} (${task.sid})`,
        attributes: task.attributes,
        reservations: task.reservations,
        unmanagedAttributes,
        // While it named another ticket, changes that come without a SID did not reach it.
        changes: [...named, ...ofTask.filter(({ placed }) => placed !== undefined || !hasLeft)],
        left,
      },
    ];
  });
}

function countViolations(violations: readonly Violation[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    invariants.map((name) => [
      name,
      violations.filter(({ invariant }) => invariant === name).length,
    ]),
  );
}

/** Shows the progress on stderr: a line that is redrawn on a terminal, else a line every few seconds. */
function showProgress(
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  line: () => string | Promise<string>,
) {
  const { isTTY } = stream;
  const show = async (): Promise<void> => {
    const text = await line();
    stream.write(isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  };
  const timer = setInterval(
    () => void show().catch(() => {}),
    isTTY ? terminalIntervalMs : logIntervalMs,
  );
  timer.unref();
  return {
    stop: (): void => {
      clearInterval(timer);
      if (isTTY) stream.write('\r\u001b[K');
    },
  };
}
