import { useEffect, useState } from 'preact/hooks';
import type { ActionInput, ActionName, ActionOutputs } from '../actions.ts';
import type { About, ChangeView, ConversationView, PartKind, Parts, PartUpdate } from '../parts.ts';

/** The parts that the server has sent. */
export interface Store {
  about: About | undefined;
  health: Parts['health'] | undefined;
  depths: Parts['depths'] | undefined;
  deadLetters: Parts['deadLetters'];
  operation: Parts['operation'] | undefined;
  faults: Parts['faults'] | undefined;
  stack: Parts['stack'] | undefined;
  oldest: Parts['oldest'] | undefined;
  alarms: Parts['alarms'] | undefined;
  problems: Parts['problems']['problems'];
  /** The newest conversation comes first. */
  conversations: readonly ConversationView[];
  changes: readonly ChangeView[];
  isConnected: boolean;
}

const parts = new Map<string, Parts[PartKind]>();

const listeners = new Set<() => void>();

let isConnected = false;

let current: Store = snapshot();

/** How far the server's clock is ahead of this machine's clock, in milliseconds. */
let aheadMs = 0;

/** Connects to the server. After a lost connection it connects again. */
export function connect(): void {
  const source = new EventSource('/events');
  source.addEventListener('all', (event) => {
    parts.clear();
    apply(event);
  });
  source.addEventListener('some', apply);
  source.onopen = () => setConnected(true);
  source.onerror = () => setConnected(false);
}

/** The store, for a component. The component is rendered again after each change. */
export function useStore(): Store {
  const [store, setStore] = useState(current);
  useEffect(() => {
    const update = () => setStore(current);
    listeners.add(update);
    update();
    return () => void listeners.delete(update);
  }, []);
  return store;
}

/**
 * The server's time in milliseconds since 1970, for a component. The component is rendered again
 * every `everyMs`.
 */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** The server's time in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}

/**
 * Asks the server to run an action.
 * @throws Error that says why the action failed
 */
export async function act<Name extends ActionName>(
  name: Name,
  input: ActionInput<Name>,
): Promise<ActionOutputs[Name]> {
  const response = await fetch(`/actions/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const answer: { output?: ActionOutputs[Name]; error?: string } = await response
    .json()
    .catch(() => ({ error: `The console returned ${response.status}.` }));
  if (answer.output === undefined) throw new Error(answer.error);
  return answer.output;
}

/**
 * Runs actions of a component. While one is running, no other starts. It keeps the error of the
 * last one.
 */
export function useAction(): {
  isRunning: boolean;
  error: string | undefined;
  run: (task: () => Promise<unknown>) => void;
} {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<string>();
  const run = (task: () => Promise<unknown>): void => {
    setRunning(true);
    setError(undefined);
    task()
      .catch((reason: Error) => setError(reason.message))
      .finally(() => setRunning(false));
  };
  return { isRunning, error, run };
}

let isScheduled = false;

/** Reads an event. Its id is the server's time. */
function apply({ data, lastEventId }: MessageEvent<string>): void {
  aheadMs = Number(lastEventId) - Date.now();
  const updates: readonly PartUpdate[] = JSON.parse(data);
  for (const [key, value] of updates) {
    if (value === null) parts.delete(key);
    else parts.set(key, value);
  }
  publish();
}

function setConnected(value: boolean): void {
  isConnected = value;
  publish();
}

/** Notifies the components, at most once per frame. */
function publish(): void {
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    current = snapshot();
    for (const listener of listeners) listener();
  }, 16);
}

function snapshot(): Store {
  return {
    about: part('about'),
    health: part('health'),
    depths: part('depths'),
    deadLetters: part('deadLetters') ?? { messages: [], more: 0 },
    operation: part('operation'),
    faults: part('faults'),
    stack: part('stack'),
    oldest: part('oldest'),
    alarms: part('alarms'),
    problems: part('problems')?.problems ?? [],
    conversations: all('conversation').toSorted((one, other) => other.createdAt - one.createdAt),
    changes: all('change').toSorted((one, other) => Number(other.id) - Number(one.id)),
    isConnected,
  };
}

function part<Kind extends PartKind>(kind: Kind): Parts[Kind] | undefined {
  return parts.get(kind) as Parts[Kind] | undefined;
}

function all<Kind extends PartKind>(kind: Kind): Parts[Kind][] {
  return [...parts]
    .filter(([key]) => key.startsWith(`${kind}/`))
    .map(([, value]) => value as Parts[Kind]);
}
