import type { PartKind, Parts, PartUpdate } from '../api.ts';

/** Gives the parts that changed at once. */
type Listener = (updates: readonly PartUpdate[]) => void;

export type Feed = ReturnType<typeof createFeed>;

/**
 * Keeps the parts that the page shows, and tells each listener which ones have changed. A part that is set to
 * what it was changes nothing. Changes of the same moment come together.
 */
export function createFeed() {
  const parts = new Map<string, { json: string; value: Parts[PartKind] }>();
  const listeners = new Set<Listener>();
  let changed = new Map<string, Parts[PartKind] | null>();

  const tell = (key: string, value: Parts[PartKind] | null): void => {
    if (changed.size === 0) setImmediate(flush);
    changed.set(key, value);
  };
  const flush = (): void => {
    const updates = [...changed];
    changed = new Map();
    for (const listener of listeners) listener(updates);
  };

  return {
    /** Sets a part. @param id of a part that there is more than one of */
    set: <Kind extends PartKind>(kind: Kind, value: Parts[Kind], id?: string): void => {
      const key = keyOf(kind, id);
      const json = JSON.stringify(value);
      if (parts.get(key)?.json === json) return;
      parts.set(key, { json, value });
      tell(key, value);
    },
    remove: (kind: PartKind, id: string): void => {
      const key = keyOf(kind, id);
      if (parts.delete(key)) tell(key, null);
    },
    /** Calls the listener with all parts, then with those that change. @returns ends that */
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
