import { useState } from 'preact/hooks';
import type { ActionOutputs, DeadLetterView, Depths, Parts } from '../api.ts';
import { clock, Problem, shortSid } from './parts.tsx';
import { act, useAction } from './store.ts';

/** The dead letters, by reason: what a replay would do, the replay, the purge. Also of a deployed stack. */
export function DeadLetters(props: {
  deadLetters: Parts['deadLetters'];
  depths: Depths | undefined;
}) {
  const { deadLetters, depths } = props;
  const { messages, running } = deadLetters;
  const [result, setResult] = useState<string>();
  const groups = Map.groupBy(messages, ({ queue, reason }) => `${queue} ${reason}`);
  return (
    <div class="stack">
      {messages.length === 0 && (
        <p class="note">
          No dead letters. A change that can never be applied, or that was tried for 6.5 hours,
          would be here.
        </p>
      )}
      {running !== undefined && <p role="status">The {running} runs …</p>}
      {[...groups].map(([key, group]) => (
        <Group key={key} messages={group} isBusy={running !== undefined} onResult={setResult} />
      ))}
      {result !== undefined && (
        <pre class="clip" role="status">
          {result}
        </pre>
      )}
      {depths !== undefined && (
        <table>
          <caption class="muted">Messages in the queues</caption>
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Visible</th>
              <th scope="col">In flight</th>
              <th scope="col">Delayed</th>
            </tr>
          </thead>
          <tbody>
            {depths.queues.map(({ name, visible, inFlight, delayed }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="num">{visible}</td>
                <td class="num">{inFlight}</td>
                <td class="num">{delayed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Group(props: {
  messages: readonly DeadLetterView[];
  isBusy: boolean;
  onResult: (text: string) => void;
}) {
  const { messages, isBusy, onResult } = props;
  const [plan, setPlan] = useState<ActionOutputs['plan']>();
  const [isPurging, setPurging] = useState(false);
  const { isRunning, error, run } = useAction();
  const [first] = messages;
  if (first === undefined) return null;
  const target = { queue: first.queue, ids: messages.map(({ id }) => id) };
  const finish = (name: 'replay' | 'purge') =>
    run(async () => {
      setPurging(false);
      onResult((await act(name, target)).text);
      setPlan(undefined);
    });
  const disabled = isRunning || isBusy;
  const planned = new Map(plan?.lines.map(({ id, text }) => [id, text]));
  return (
    <div class="group">
      <h3>
        {messages.length} × {first.reason}
      </h3>
      <p class="small">{first.advice}.</p>
      <ul class="messages">
        {messages.slice(0, 50).map(({ id, ticket, task, detail, firstSeen }) => (
          <li key={id}>
            <b>{ticket ?? (task === undefined ? id.slice(0, 8) : shortSid(task))}</b>{' '}
            <small class="num">{clock(firstSeen)}</small> <small>{detail}</small>
            {planned.has(id) && <p class="plan">{planned.get(id)}</p>}
          </li>
        ))}
      </ul>
      {plan?.problem !== undefined && <p class="problem">{plan.problem}</p>}
      <div class="row">
        <button
          type="button"
          disabled={disabled}
          onClick={() => run(async () => setPlan(await act('plan', target)))}
        >
          Dry run
        </button>
        <button
          type="button"
          class={plan === undefined ? undefined : 'next'}
          disabled={disabled}
          onClick={() => finish('replay')}
        >
          Replay
        </button>
        {isPurging ? (
          <>
            <button
              type="button"
              class="danger"
              disabled={disabled}
              onClick={() => finish('purge')}
            >
              Delete {messages.length}
            </button>
            <button type="button" onClick={() => setPurging(false)}>
              Keep
            </button>
          </>
        ) : (
          <button type="button" disabled={disabled} onClick={() => setPurging(true)}>
            Purge …
          </button>
        )}
      </div>
      {isPurging && (
        <p class="small">They are written to a file first; dlq restore puts them back.</p>
      )}
      <Problem text={error} />
    </div>
  );
}
