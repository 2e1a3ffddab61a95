import { useEffect, useState } from 'preact/hooks';
import type { FindingView, WhyView } from '../actions.ts';
import type { Alarms, Depths, OldestMessages } from '../parts.ts';
import { DeadLetters } from './dead-letters.tsx';
import { moment, Problem } from './parts.tsx';
import { act, type Store, useAction } from './store.ts';

/** The sections for a deployed stack: queues, dead letters, alarms, why and doctor. */
export function StackSections({ store }: { store: Store }) {
  const { about, deadLetters, operation, depths, oldest, alarms, problems } = store;
  const { deployment } = about ?? {};
  useEffect(() => {
    document.title = `${deployment} · crm-media-sync`;
  }, [deployment]);
  return (
    <main class="stack-view">
      <div role="alert" class="problems">
        {problems.map(({ text, next }) => (
          <div key={text}>
            <b>{text}</b> {next}
          </div>
        ))}
        {problems.length > 0 && (
          <div>The page shows older data. It continues when AWS responds.</div>
        )}
      </div>
      <div class="stack">
        <section id="happened" aria-label="Dead letters" tabIndex={-1}>
          <h2>Dead letters</h2>
          <DeadLetters deadLetters={deadLetters} operation={operation} />
        </section>
        <section aria-label="Why">
          <h2>Why</h2>
          <Why />
        </section>
      </div>
      <div class="stack">
        <section aria-label="Queues">
          <h2>Queues</h2>
          {depths === undefined ? <p>Reading …</p> : <DepthTable depths={depths} oldest={oldest} />}
        </section>
        {alarms !== undefined && (
          <section aria-label="Alarms">
            <h2>Alarms</h2>
            <AlarmList alarms={alarms} />
          </section>
        )}
        <section aria-label="Doctor">
          <h2>Doctor</h2>
          <Doctor />
        </section>
      </div>
    </main>
  );
}

/** The messages of each queue, and the age of the oldest message if it is known. */
export function DepthTable(props: { depths: Depths; oldest?: OldestMessages | undefined }) {
  const { depths, oldest } = props;
  return (
    <table>
      <caption class="muted">Messages in the queues</caption>
      <thead>
        <tr>
          <th scope="col">Queue</th>
          <th scope="col">Visible</th>
          <th scope="col">In flight</th>
          <th scope="col">Delayed</th>
          {oldest !== undefined && <th scope="col">Oldest</th>}
        </tr>
      </thead>
      <tbody>
        {depths.queues.map(({ id, name, visible, inFlight, delayed }) => (
          <tr key={id}>
            <td>{name}</td>
            <td class="num">{visible}</td>
            <td class="num">{inFlight}</td>
            <td class="num">{delayed}</td>
            {oldest !== undefined && <td class="num">{ageText(oldest[id])}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ageText(seconds: number | undefined): string {
  if (seconds === undefined) return 'none';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}

function AlarmList({ alarms: { alarms } }: { alarms: Alarms }) {
  const loud = alarms.filter(({ state }) => state === 'ALARM');
  const quiet = alarms.filter(({ state }) => state !== 'ALARM');
  if (alarms.length === 0) return <p class="note">The stack has no alarms. doctor says why.</p>;
  return (
    <div class="stack">
      {loud.length === 0 && <p>None of the {alarms.length} alarms is in ALARM.</p>}
      {loud.map(({ name, since, description, runbook }) => (
        <div key={name} class="finding">
          <span class="pill bad">ALARM</span> <b>{name}</b>{' '}
          {since !== undefined && <small class="num">since {moment(since)}</small>}
          <p class="small text">{description}</p>
          <p class="small text">
            See{' '}
            {runbook.startsWith('https://') ? (
              <a href={runbook} target="_blank" rel="noreferrer">
                {runbook}
              </a>
            ) : (
              runbook
            )}
            .
          </p>
        </div>
      ))}
      {quiet.length > 0 && (
        <details>
          <summary>All other alarms ({quiet.length})</summary>
          <table>
            <tbody>
              {quiet.map(({ name, state }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td>{state}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </div>
  );
}

const spans = [
  { hours: 24, label: 'the last 24 hours' },
  { hours: 24 * 7, label: 'the last 7 days' },
  { hours: 24 * 14, label: 'the last 14 days' },
];

function Why() {
  const [item, setItem] = useState('');
  const [hours, setHours] = useState(24);
  const [answer, setAnswer] = useState<WhyView & { about: string }>();
  const { isRunning, error, run } = useAction();
  const ask = (): void =>
    run(async () => {
      setAnswer(undefined);
      setAnswer({ ...(await act('why', { item, hours })), about: item });
    });
  return (
    <div class="stack">
      <p class="small">Shows what happened to a ticket or a conversation, and what to do next.</p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <input
          type="text"
          aria-label="Ticket, Task, call or conversation"
          placeholder="zendesk/4711, WT…, CA… or CH…"
          value={item}
          onInput={({ currentTarget }) => setItem(currentTarget.value)}
        />
        <select
          aria-label="How far back"
          value={hours}
          onChange={({ currentTarget }) => setHours(Number(currentTarget.value))}
        >
          {spans.map(({ hours: value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <button type="submit" disabled={isRunning || item.trim() === ''}>
          Ask why
        </button>
      </form>
      {isRunning && <p role="status">Reading the logs, the Task and the dead letters …</p>}
      <Problem text={error} />
      {answer !== undefined && <Answer answer={answer} />}
    </div>
  );
}

function Answer({ answer }: { answer: WhyView & { about: string } }) {
  const { about, conclusion, next, events, places, notes } = answer;
  return (
    <div class="stack">
      <p role="status">
        <b>{about}:</b> {conclusion}
      </p>
      {next !== undefined && <p class="small strong">→ {next}</p>}
      {[...places, ...notes].map((text) => (
        <p key={text} class="small">
          {text}
        </p>
      ))}
      {events.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Where</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {events.map(({ at, part, text }) => (
              <tr key={`${at} ${part} ${text}`}>
                <td class="num">{moment(at)}</td>
                <td>{part}</td>
                <td>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

const tones: Readonly<Record<FindingView['state'], string>> = {
  ok: 'ok',
  warning: 'warn',
  failed: 'bad',
  unknown: 'soft',
};

function Doctor() {
  const [findings, setFindings] = useState<readonly FindingView[]>();
  const { isRunning, error, run } = useAction();
  const good = findings?.filter(({ state }) => state === 'ok') ?? [];
  const others = findings?.filter(({ state }) => state !== 'ok') ?? [];
  return (
    <div class="stack">
      <div class="row">
        <button
          type="button"
          disabled={isRunning}
          onClick={() => run(async () => setFindings((await act('doctor', {})).findings))}
        >
          Run doctor
        </button>
        <small>doctor changes nothing. It needs up to half a minute.</small>
      </div>
      <p role="status">
        {isRunning
          ? 'Checking …'
          : findings !== undefined && `${good.length} ok, ${others.length} to look at`}
      </p>
      <Problem text={error} />
      {others.map((finding) => (
        <Finding key={`${finding.check} ${finding.about}`} finding={finding} />
      ))}
      {good.length > 0 && (
        <details>
          <summary>Checks that are ok ({good.length})</summary>
          {good.map((finding) => (
            <Finding key={`${finding.check} ${finding.about}`} finding={finding} />
          ))}
        </details>
      )}
    </div>
  );
}

function Finding({ finding: { check, about, state, finding, next } }: { finding: FindingView }) {
  return (
    <div class="finding">
      <span class={`pill ${tones[state]}`}>{state}</span> <b>{about}</b> <small>{check}</small>
      <p class="small text">{finding}</p>
      {next !== undefined && <p class="small text strong">→ {next}</p>}
    </div>
  );
}
