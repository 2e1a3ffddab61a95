import { useState } from 'preact/hooks';
import type { ActionOutputs, DeadLetterFilter } from '../actions.ts';
import type { DeadLetterView, Operation, Parts } from '../parts.ts';
import { focus, moment, Problem, shortSid } from './parts.tsx';
import { act, serverNow, useAction } from './store.ts';

const hourMs = 3_600_000;

const ages: readonly { id: string; label: string; filter: DeadLetterFilter }[] = [
  { id: 'any', label: 'any age', filter: {} },
  { id: 'newer-1', label: 'under 1 h', filter: { newerThan: hourMs } },
  { id: 'newer-24', label: 'under 1 d', filter: { newerThan: 24 * hourMs } },
  { id: 'older-1', label: '1 h and more', filter: { olderThan: hourMs } },
  { id: 'older-24', label: '1 d and more', filter: { olderThan: 24 * hourMs } },
];

/**
 * The dead letters by reason, with the dry run, the replay and the purge. Deployed stacks use it
 * too.
 */
export function DeadLetters(props: {
  deadLetters: Parts['deadLetters'];
  operation: Operation | undefined;
}) {
  const { deadLetters, operation } = props;
  const { messages, more } = deadLetters;
  const [filter, setFilter] = useState<DeadLetterFilter>({});
  const shown = messages.filter((message) => matches(message, filter));
  const groups = Map.groupBy(shown, ({ queue, reason }) => `${queue} ${reason}`);
  return (
    <div class="stack">
      {messages.length === 0 ? (
        <p class="note">
          No dead letters. A change becomes one if sync cannot apply it, or has tried it for 6.5
          hours.
        </p>
      ) : (
        <Filter messages={messages} onFilter={setFilter} />
      )}
      {more > 0 && (
        <p class="small">
          The list has {messages.length} dead letters. {more} more are in the queues. A dry run
          reads all of them.
        </p>
      )}
      {operation !== undefined && <OperationView operation={operation} />}
      {messages.length > 0 && shown.length === 0 && (
        <p class="note">No dead letter matches the filter.</p>
      )}
      {[...groups].map(([key, group]) => (
        <Group
          key={`${key} ${JSON.stringify(filter)}`}
          messages={group}
          filter={filter}
          isBusy={operation?.isRunning ?? false}
        />
      ))}
    </div>
  );
}

/** Filters the list as the server filters a dry run. */
function matches({ source, ticket, firstSeen }: DeadLetterView, filter: DeadLetterFilter): boolean {
  const age = serverNow() - firstSeen;
  const isOneOf = (wanted: readonly string[] | undefined, value: string | undefined) =>
    wanted === undefined || (value !== undefined && wanted.includes(value));
  return (
    isOneOf(filter.source, source) &&
    isOneOf(filter.ticket, ticket) &&
    (filter.olderThan === undefined || age > filter.olderThan) &&
    (filter.newerThan === undefined || age < filter.newerThan)
  );
}

function Filter(props: {
  messages: readonly DeadLetterView[];
  onFilter: (filter: DeadLetterFilter) => void;
}) {
  const { messages, onFilter } = props;
  const [chosen, setChosen] = useState({ source: '', ticket: '', age: 'any' });
  const sources = [...new Set(messages.flatMap(({ source }) => source ?? []))].sort();
  const tickets = [...new Set(messages.flatMap(({ ticket }) => ticket ?? []))].slice(0, 100);
  const change = (part: Partial<typeof chosen>): void => {
    const next = { ...chosen, ...part };
    setChosen(next);
    onFilter({
      ...(next.source !== '' && { source: [next.source] }),
      ...(next.ticket !== '' && { ticket: [next.ticket] }),
      ...ages.find(({ id }) => id === next.age)?.filter,
    });
  };
  return (
    <search class="row" aria-label="Filter the dead letters">
      <select
        aria-label="Source"
        value={chosen.source}
        onChange={({ currentTarget }) => change({ source: currentTarget.value })}
      >
        <option value="">all sources</option>
        {sources.map((source) => (
          <option key={source}>{source}</option>
        ))}
      </select>
      <select
        aria-label="Age"
        value={chosen.age}
        onChange={({ currentTarget }) => change({ age: currentTarget.value })}
      >
        {ages.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      <input
        type="text"
        aria-label="Ticket"
        list="dead-letter-tickets"
        placeholder="all tickets, or source/id"
        value={chosen.ticket}
        onChange={({ currentTarget }) => change({ ticket: currentTarget.value.trim() })}
      />
      <datalist id="dead-letter-tickets">
        {tickets.map((ticket) => (
          <option key={ticket} value={ticket} />
        ))}
      </datalist>
    </search>
  );
}

/** The running replay or purge, or the output of the last one. */
function OperationView({ operation }: { operation: Operation }) {
  const { name, isRunning, step, done, total, note, result, problem } = operation;
  const { error, run } = useAction();
  if (!isRunning) {
    return (
      <div class="stack" role="status">
        {result !== undefined && result !== '' && <pre>{result}</pre>}
        {problem !== undefined && <p class="problem">{problem}</p>}
      </div>
    );
  }
  const text = total === undefined ? `${name} starts` : `${step} ${done} of ${total}`;
  return (
    <div class="group">
      <label class="field">
        {text}
        <progress {...(total === undefined ? {} : { max: Math.max(1, total), value: done })} />
      </label>
      {note !== undefined && <p class="small num">{note}</p>}
      <div class="row">
        <button type="button" onClick={() => run(() => act('stop', {}))}>
          Stop
        </button>
        <small>No message is lost. The next replay or purge continues.</small>
      </div>
      <Problem text={error} />
    </div>
  );
}

/** The dead letters of one reason. */
function Group(props: {
  messages: readonly DeadLetterView[];
  filter: DeadLetterFilter;
  isBusy: boolean;
}) {
  const { messages, filter, isBusy } = props;
  const [plan, setPlan] = useState<ActionOutputs['plan']>();
  const { isRunning, error, run } = useAction();
  const [first] = messages;
  if (first === undefined) return null;
  const { queue, reason, advice } = first;
  const planned = new Map(plan?.lines.map(({ id, text }) => [id, text]));
  const disabled = isRunning || isBusy;
  return (
    <div class="group">
      <h3>
        {messages.length} × {reason}
      </h3>
      <p class="small">{advice}.</p>
      <ul class="messages">
        {messages.slice(0, 50).map(({ id, ticket, task, detail, firstSeen }) => (
          <li key={id}>
            <b>{ticket ?? (task === undefined ? id.slice(0, 8) : shortSid(task))}</b>{' '}
            <small class="num">{moment(firstSeen)}</small> <small>{detail}</small>
            {planned.has(id) && <p class="plan">{planned.get(id)}</p>}
          </li>
        ))}
      </ul>
      {messages.length > 50 && <p class="small">And {messages.length - 50} more.</p>}
      <div class="row">
        <button
          type="button"
          disabled={disabled}
          onClick={() =>
            run(async () =>
              setPlan(await act('plan', { queue, filter: { ...filter, reason: [reason] } })),
            )
          }
        >
          Dry run
        </button>
        {isRunning && plan === undefined && <small role="status">Reading the queue …</small>}
      </div>
      {plan !== undefined && (
        <AfterDryRun
          key={plan.token}
          plan={plan}
          disabled={disabled}
          onDo={(task) =>
            run(async () => {
              await task();
              setPlan(undefined);
            })
          }
        />
      )}
      <Problem text={error} />
    </div>
  );
}

/** The result of the dry run, and the actions that follow it. */
function AfterDryRun(props: {
  plan: ActionOutputs['plan'];
  disabled: boolean;
  onDo: (task: () => Promise<unknown>) => void;
}) {
  const { plan, disabled, onDo } = props;
  const { token, count, text, problem, notes } = plan;
  const [rate, setRate] = useState(20);
  const [limit, setLimit] = useState(count);
  const [typed, setTyped] = useState<string>();
  const isConfirmed = typed?.trim() === String(count);
  if (count === 0) return <p role="status">No dead letter matches any more.</p>;
  return (
    <>
      <p role="status">Found: {text}. Nothing was changed.</p>
      {problem !== undefined && <p class="problem">{problem}</p>}
      {notes.map((note) => (
        <p key={note} class="small">
          {note}
        </p>
      ))}
      <div class="row">
        <label class="check">
          <input
            type="number"
            min="1"
            max={count}
            value={limit}
            onInput={({ currentTarget }) => setLimit(Number(currentTarget.value))}
          />{' '}
          of them,
        </label>
        <label class="check">
          <input
            type="number"
            min="1"
            max="1000"
            value={rate}
            onInput={({ currentTarget }) => setRate(Number(currentTarget.value))}
          />{' '}
          a second
        </label>
        <button
          type="button"
          class="next"
          disabled={disabled}
          onClick={() => onDo(() => act('replay', { token, rate, limit }))}
        >
          Replay
        </button>
        {typed === undefined && (
          <button type="button" class="end" onClick={() => setTyped('')}>
            Purge …
          </button>
        )}
      </div>
      {typed !== undefined && (
        <div class="row">
          <label class="check">
            Type {count} to delete them{' '}
            <input
              type="text"
              ref={focus}
              inputMode="numeric"
              autoComplete="off"
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
          <button
            type="button"
            class="danger"
            disabled={disabled || !isConfirmed}
            onClick={() => onDo(() => act('purge', { token, confirmation: typed }))}
          >
            Delete
          </button>
          <button type="button" onClick={() => setTyped(undefined)}>
            Keep
          </button>
          <small>The console first writes them to a file. dlq restore sends them back.</small>
        </div>
      )}
    </>
  );
}
