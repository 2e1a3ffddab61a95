import { useMemo, useState } from 'preact/hooks';
import type { ChangeView, ConversationView, Step } from '../parts.ts';
import { clock, seconds, shortKey, shortSid } from './parts.tsx';

const tones: Readonly<Record<ChangeView['state'], string>> = {
  'under-way': '',
  good: 'ok',
  quiet: 'soft',
  waiting: 'warn',
  bad: 'bad',
};

/** The live list of changes, and the lag of the last links. The newest change comes first. */
export function Activity(props: {
  changes: readonly ChangeView[];
  conversations: readonly ConversationView[];
  onSelect: (sid: string) => void;
}) {
  const { changes, conversations, onSelect } = props;
  const titles = new Map(conversations.map(({ sid, title }) => [sid, title]));
  const [filter, setFilter] = useState('');
  const [open, setOpen] = useState<string>();
  const words = filter.trim().toLowerCase();
  const shown = words === '' ? changes : changes.filter((change) => isAbout(change, words));
  return (
    <div class="stack">
      <label class="field">
        <span class="hidden">Only this ticket or Task</span>
        <input
          type="search"
          value={filter}
          placeholder="Filter by ticket, Task or outcome"
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
      </label>
      {shown.length === 0 && (
        <p class="note">
          {changes.length === 0
            ? 'No change has come yet. Each change appears here.'
            : 'No change matches the filter.'}
        </p>
      )}
      <ul class="feed">
        {shown.map((change) => (
          <Row
            key={change.id}
            change={change}
            subject={titles.get(change.subject) ?? shortKey(change.subject)}
            isOpen={change.id === open}
            onToggle={setOpen}
            onSelect={onSelect}
          />
        ))}
      </ul>
      <LagChart changes={changes} />
    </div>
  );
}

function isAbout({ subject, outcome, tasks, note = '' }: ChangeView, words: string): boolean {
  return [subject, outcome, note, ...tasks].some((text) => text.toLowerCase().includes(words));
}

/** A row. It is rendered again only if it has changed, because there may be 500 rows. */
function Row(props: {
  change: ChangeView;
  subject: string;
  isOpen: boolean;
  onToggle: (id: string | undefined) => void;
  onSelect: (sid: string) => void;
}) {
  const { change, subject, isOpen, onToggle, onSelect } = props;
  return useMemo(() => {
    const { id, state, outcome, note, lagMs, calls, tries, steps, tasks } = change;
    const numbers = [
      ...(lagMs === undefined ? [] : [seconds(lagMs)]),
      ...(calls === undefined ? [] : [`${calls} ${calls === 1 ? 'call' : 'calls'}`]),
      ...(tries > 1 ? [`try ${tries}`] : []),
    ];
    return (
      <li>
        <button
          type="button"
          class="item"
          data-id={id}
          aria-expanded={isOpen}
          onClick={() => onToggle(isOpen ? undefined : id)}
        >
          <span class={`pill ${tones[state]}`}>{outcome}</span>
          <span class="subject">
            {subject}
            {note !== undefined && <small> {note}</small>}
          </span>
          <small class="num">{numbers.join(' · ')}</small>
        </button>
        {isOpen && (
          <div class="steps">
            {steps.map((step, index) => (
              <StepLine
                key={`${step.at} ${step.text} ${index}`}
                step={step}
                first={steps[0]?.at ?? 0}
              />
            ))}
            {tasks.map((sid) => (
              <button key={sid} type="button" class="small link" onClick={() => onSelect(sid)}>
                Show {shortSid(sid)}
              </button>
            ))}
          </div>
        )}
      </li>
    );
  }, [change, subject, isOpen, onToggle, onSelect]);
}

function StepLine({ step, first }: { step: Step; first: number }) {
  const { at, text, difference } = step;
  return (
    <div>
      <span>
        {text} <small class="num">{at === first ? clock(at) : `+${seconds(at - first)}`}</small>
      </span>
      {[...Map.groupBy(difference ?? [], ({ path }) => path)].map(([path, changes]) => (
        <pre key={path} class="diff">
          <b>{path.replaceAll(/[A-Z]{2}[0-9a-f]{32}/g, shortSid)}</b>
          {changes
            .flatMap(({ before }) => before ?? [])
            .map((text) => (
              <del key={text}>{`\n- ${text}`}</del>
            ))}
          {changes
            .flatMap(({ after }) => after ?? [])
            .map((text) => (
              <ins key={text}>{`\n+ ${text}`}</ins>
            ))}
        </pre>
      ))}
    </div>
  );
}

const width = 320;

const height = 48;

function LagChart({ changes }: { changes: readonly ChangeView[] }) {
  const lags = changes
    .flatMap(({ lagMs }) => lagMs ?? [])
    .slice(0, 60)
    .reverse();
  if (lags.length < 2) return null;
  const max = Math.max(1000, ...lags);
  const points = lags.map(
    (lag, index) =>
      `${(index * width) / (lags.length - 1)},${height - 2 - ((height - 4) * lag) / max}`,
  );
  const text = `Lag of the last ${lags.length} links: at most ${seconds(Math.max(...lags))}`;
  return (
    <div class="stack chart">
      <div class="row between">
        <span class="muted">Lag of the last {lags.length} links</span>
        <span class="muted num">0 to {seconds(max)}</span>
      </div>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={text}
        preserveAspectRatio="none"
      >
        <polyline points={points.join(' ')} />
      </svg>
    </div>
  );
}
