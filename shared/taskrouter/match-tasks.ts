import { type Json, textAt } from '../media/json.ts';
import { type LedgerEntry, ledgerAttribute, parseLedger } from '../media/ledger.ts';
import {
  bears,
  correlatedSigns,
  knowingSigns,
  namingSigns,
  readAttributes,
  type Sign,
  type Wanted,
} from './correlation.ts';
import type { ListedTask } from './task-router.ts';

/** A Task out of a list, its attributes as data. */
export interface ReadTask extends Omit<ListedTask, 'attributes'> {
  readonly attributes: Json;
}

/** Tasks as `matchTasks` takes them: each is read once, however many changes there are. */
export const readTasks = (tasks: readonly ListedTask[]): readonly ReadTask[] =>
  tasks.map((task) => ({ ...task, attributes: readAttributes(task.attributes) }));

/** A Task that a change is about. */
export interface FoundTask {
  readonly taskSid: string;
  /** Whether the correlation names it (`named`), or only its ledger knows the ticket. */
  readonly found: 'named' | 'elsewhere';
  /** Whether it names the ticket itself, in the attribute of the correlation. */
  readonly namesTicket: boolean;
  /** What its ledger knows of the ticket. */
  readonly known: LedgerEntry | undefined;
  /** Where the list told it. */
  readonly status: ListedTask['status'];
}

/** Nothing is known either where the ledger cannot be read: whoever rewrites the Task will say so. */
const entryIn = (ledger: string | undefined, ticket: string): LedgerEntry | undefined => {
  if (ledger === undefined) return undefined;
  try {
    return parseLedger(ledger).tickets.get(ticket);
  } catch {
    return undefined;
  }
};

/**
 * Those of the Tasks that a change is about, each once. The Task that its SID names is one of them,
 * whether it is among those given or not.
 */
export const matchTasks = (wanted: Wanted, tasks: readonly ReadTask[]): readonly FoundTask[] => {
  const { ticket, correlation } = wanted;
  const { taskSid } = correlation;
  const signs = {
    correlated: correlatedSigns(wanted),
    knowing: knowingSigns(wanted),
    naming: namingSigns(correlation),
  };
  const found = tasks.flatMap(({ sid, attributes, status }): FoundTask[] => {
    const bearsAny = (some: readonly Sign[]) => some.some((sign) => bears(attributes, sign));
    const isNamed = sid === taskSid || bearsAny(signs.correlated);
    if (!isNamed && !bearsAny(signs.knowing)) return [];
    return [
      {
        taskSid: sid,
        found: isNamed ? 'named' : 'elsewhere',
        namesTicket: bearsAny(signs.naming),
        known: entryIn(textAt(attributes, ledgerAttribute), ticket),
        status,
      },
    ];
  });
  const isListed = found.some((task) => task.taskSid === taskSid);
  const unlisted: FoundTask[] =
    taskSid === undefined || isListed
      ? []
      : [{ taskSid, found: 'named', namesTicket: false, known: undefined, status: undefined }];
  return [...new Map([...unlisted, ...found].map((task) => [task.taskSid, task])).values()];
};
