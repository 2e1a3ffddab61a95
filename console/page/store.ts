import { useEffect, useState } from 'preact/hooks';
import type {
  About,
  ActionInput,
  ActionName,
  ActionOutputs,
  ChangeView,
  ConversationView,
  PartKind,
  Parts,
  PartUpdate,
} from '../api.ts';

/** What the server has sent so far. */
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
  /** Newest first. */
  conversations: readonly ConversationView[];
  changes: readonly ChangeView[];
  isConnected: boolean;
}

const parts = new Map<string, Parts[PartKind]>();

const listeners = new Set<() => void>();

let isConnected = false;

let current: Store = snapshot();

/** The clock of the server, which may be ahead. Milliseconds. */
let aheadMs = 0;

/** Connects to the server, and again whenever the connection is lost. */
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

/** The store, for a component that follows it. */
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

/** The time of the server, for a component that shows it. Milliseconds since 1970. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** The time of the server. Milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}

/**
 * Asks the server for an action.
 * @throws Error that says why it is not done
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
    .catch(() => ({ error: `The console answered ${response.status}.` }));
  if (answer.output === undefined) throw new Error(answer.error);
  return answer.output;
}

/** What stops an action from running twice, and what went wrong with it. */
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

/** Takes an event; its id is the server's time. */
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

/** Once a frame, however much happens. */
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
