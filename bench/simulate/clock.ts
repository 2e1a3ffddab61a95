import { setImmediate as nextTurn } from 'node:timers/promises';

/** A virtual clock. It does not move while code runs. Then it jumps to the next action that is due. */
export interface VirtualClock {
  /** The time in whole milliseconds since 1970. */
  now: () => number;
  /**
   * Calls an action after some milliseconds.
   * @returns a function that cancels the action
   */
  after: (milliseconds: number, action: () => void) => () => void;
  sleep: (milliseconds: number) => Promise<void>;
  /**
   * Runs until no action is left. During that time, `setTimeout` and `clearTimeout` of this process use the virtual
   * clock, because the deadlines of sync use them.
   */
  run: () => Promise<void>;
}

/** @param start milliseconds since 1970 */
export function createVirtualClock(start: number): VirtualClock {
  const due = createDueList();
  let now = start;

  const after = (milliseconds: number, action: () => void): (() => void) => {
    const entry: Due = { at: now + Math.max(0, Math.ceil(milliseconds)), action };
    due.add(entry);
    return () => {
      entry.action = undefined;
    };
  };

  const runDue = async (): Promise<void> => {
    for (;;) {
      // When Node comes to its next turn, all work that needs no time is done.
      await nextTurn();
      const next = due.takeNext();
      if (next === undefined) return;
      now = next.at;
      next.action?.();
      while (due.next()?.at === now) due.takeNext()?.action?.();
    }
  };

  return {
    now: () => now,
    after,
    sleep: (milliseconds) => new Promise((resolve) => after(milliseconds, resolve)),
    run: async () => {
      const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
      Reflect.set(globalThis, 'setTimeout', (action: () => void, milliseconds = 0) =>
        after(milliseconds, action),
      );
      Reflect.set(globalThis, 'clearTimeout', (cancel?: () => void) => cancel?.());
      try {
        await runDue();
      } finally {
        Object.assign(globalThis, real);
      }
    },
  };
}

interface Due {
  readonly at: number;
  /** Undefined: the action was cancelled. */
  action: (() => void) | undefined;
}

/**
 * A list of actions, the one that is due first comes first. Actions that are due at the same time keep the order in
 * which they were added. Cancelled actions are left out.
 */
function createDueList() {
  const times = createHeap();
  const byTime = new Map<number, Due[]>();

  const next = (): Due | undefined => {
    for (let time = times.least(); time !== undefined; time = times.least()) {
      const entries = byTime.get(time) ?? [];
      const first = entries.findIndex(({ action }) => action !== undefined);
      if (first !== -1) {
        entries.splice(0, first);
        return entries[0];
      }
      byTime.delete(time);
      times.takeLeast();
    }
    return undefined;
  };

  return {
    next,
    add: (entry: Due): void => {
      const entries = byTime.get(entry.at);
      if (entries !== undefined) entries.push(entry);
      else {
        byTime.set(entry.at, [entry]);
        times.add(entry.at);
      }
    },
    takeNext: (): Due | undefined => {
      const entry = next();
      if (entry !== undefined) byTime.get(entry.at)?.shift();
      return entry;
    },
  };
}

/** A binary heap of numbers. The smallest can be removed. */
function createHeap() {
  const items: number[] = [];
  const at = (index: number): number => items[index] ?? Number.POSITIVE_INFINITY;
  return {
    least: () => items[0],
    add: (item: number): void => {
      let index = items.length;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (at(parent) <= item) break;
        items[index] = at(parent);
        index = parent;
      }
      items[index] = item;
    },
    takeLeast: (): void => {
      const last = items.pop();
      if (last === undefined || items.length === 0) return;
      let index = 0;
      for (;;) {
        const left = 2 * index + 1;
        const child = at(left + 1) < at(left) ? left + 1 : left;
        if (at(child) >= last) break;
        items[index] = at(child);
        index = child;
      }
      items[index] = last;
    },
  };
}
