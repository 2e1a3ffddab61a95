import type { ComponentChildren } from 'preact';

interface Tab {
  id: string;
  label: ComponentChildren;
  /** Whether the tab is shown, but has no effect. */
  isDim?: boolean;
}

/**
 * Tabs for keyboard users. Only one tab can get the focus by the Tab key, and the arrow keys select
 * another.
 * Source: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
 */
export function TabList(props: {
  name: string;
  label: string;
  tabs: readonly Tab[];
  selected: string;
  onSelect: (id: string) => void;
}) {
  const { name, label, tabs, selected, onSelect } = props;
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const edge = { Home: 0, End: tabs.length - 1 }[event.key];
    const index = tabs.findIndex(({ id }) => id === selected);
    const target =
      edge ?? (step === undefined ? undefined : (index + step + tabs.length) % tabs.length);
    const tab = target === undefined ? undefined : tabs[target];
    if (tab === undefined) return;
    event.preventDefault();
    onSelect(tab.id);
    document.getElementById(`${name}-${tab.id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(({ id, label: text, isDim }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`${name}-${id}`}
          class={isDim ? 'dim' : undefined}
          aria-selected={id === selected}
          aria-controls={id === selected ? `${name}-${id}-panel` : undefined}
          tabIndex={id === selected ? 0 : -1}
          onClick={() => onSelect(id)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

/** The reason why an action failed. */
export function Problem({ text }: { text: string | undefined }) {
  return (
    <div role="alert" class="problem">
      {text}
    </div>
  );
}

/** A bar. Each part is a share of the limit. */
export function Meter(props: {
  label: string;
  limit: number;
  parts: readonly { value: number; tone: string }[];
}) {
  const { label, limit, parts } = props;
  return (
    <div class="meter" role="img" aria-label={label}>
      {parts.map(({ value, tone }) => (
        <i key={tone} class={tone} style={{ width: `${Math.min(100, (100 * value) / limit)}%` }} />
      ))}
    </div>
  );
}

/** A duration such as `0.19 s`, `12 s` or `2:05`. */
export function seconds(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(2)} s`;
  return ms < 60_000 ? `${Math.round(ms / 1000)} s` : minutes(ms);
}

/** A duration in minutes and seconds, e.g. `1:42`. */
export function minutes(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const hours = Math.floor(total / 3600);
  const rest = `${String(Math.floor(total / 60) % 60)}:${String(total % 60).padStart(2, '0')}`;
  return hours > 0 ? `${hours} h ${rest}` : rest;
}

/** The time of day. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** The time of day. If it is not today, the date comes first. */
export function moment(at: number): string {
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return clock(at);
  return new Date(at).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** Moves the focus to a new element that replaces the focused one. */
export function focus(element: HTMLElement | null): void {
  element?.focus();
}

/** A ticket's key, short enough for a line. */
export function shortKey(key: string): string {
  return key.length > 28 ? `${key.slice(0, 18)}…${key.slice(-4)}` : key;
}

/** A SID, short enough for a line. */
export function shortSid(sid: string): string {
  return sid.length > 16 ? `${sid.slice(0, 6)}…${sid.slice(-4)}` : sid;
}
