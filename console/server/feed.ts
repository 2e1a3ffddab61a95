import type { PartKind, Parts, PartUpdate } from '../parts.ts';

/** Gets the parts that have changed since the last call. */
type Listener = (updates: readonly PartUpdate[]) => void;

export type Feed = ReturnType<typeof createFeed>;

/**
 * Keeps the parts that the page shows, and notifies listeners of changed parts. A part that is set
 * to the same value does not count as changed. Changes at the same time are sent together.
 */
export function createFeed() {
  const parts = new Map<string, { json: string; value: Parts[PartKind] }>();
  const listeners = new Set<Listener>();
  let changed = new Map<string, Parts[PartKind] | null>();

  const notify = (key: string, value: Parts[PartKind] | null): void => {
    if (changed.size === 0) setImmediate(flush);
    changed.set(key, value);
  };
  const flush = (): void => {
    const updates = [...changed];
    changed = new Map();
    for (const listener of listeners) listener(updates);
  };

  return {
    /**
     * Sets a part.
     * @param id the id of the part, if there are several of this kind
     */
    set: <Kind extends PartKind>(kind: Kind, value: Parts[Kind], id?: string): void => {
      const key = keyOf(kind, id);
      const json = JSON.stringify(value);
      if (parts.get(key)?.json === json) return;
      parts.set(key, { json, value });
      notify(key, value);
    },
    remove: (kind: PartKind, id: string): void => {
      const key = keyOf(kind, id);
      if (parts.delete(key)) notify(key, null);
    },
    /**
     * Calls the listener with all parts, then with each change.
     * @returns a function that ends the subscription
     */
    subscribe: (listener: Listener): (() => void) => {
      listener([...parts].map(([key, { value }]) => [key, value]));
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hasListeners: (): boolean => listeners.size > 0,
  };
}

function keyOf(kind: PartKind, id: string | undefined): string {
  return id === undefined ? kind : `${kind}/${id}`;
}
