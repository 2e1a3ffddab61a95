import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ActionInput, Parts } from '../api.ts';
import { Problem } from './parts.tsx';
import { act, useAction } from './store.ts';

const kinds: readonly [NonNullable<ActionInput<'faults'>['kind']>, string][] = [
  ['429', '429, too many requests'],
  ['500', '500'],
  ['503', '503'],
  ['timeout-before', 'no answer, nothing done'],
  ['timeout-after', 'no answer, but done'],
];

/** What can go wrong, each with what to expect. */
export function Faults({ faults, canPassTime }: { faults: Parts['faults']; canPassTime: boolean }) {
  const { isRunning, error, run } = useAction();
  const change = (input: ActionInput<'faults'>) => run(() => act('faults', input));
  return (
    <div class="stack">
      <Switch
        error={error}
        label="TaskRouter is down"
        isOn={faults.outage}
        onChange={(outage) => change({ outage })}
      >
        Every call gets 503. Webhooks are accepted all the same; their changes wait, and are tried
        for 6.5 hours. Turn it off: they are linked by themselves.
      </Switch>
      {canPassTime && (
        <div class="fault">
          <div class="row">
            <button
              type="button"
              disabled={isRunning || faults.passing !== undefined}
              onClick={() => run(() => act('passTime', { minutes: 15 }))}
            >
              Let 15 minutes pass
            </button>
            <button
              type="button"
              disabled={isRunning || faults.passing !== undefined}
              onClick={() => run(() => act('passTime', { minutes: 405 }))}
            >
              Let 6¾ hours pass
            </button>
            <span role="status" class="num">
              {faults.passing}
            </span>
          </div>
          <p class="small">
            Puts the clock of this stack forward. During an outage: what was tried for 6.5 hours
            becomes a dead letter. Tasks that have ended are deleted.
          </p>
        </div>
      )}
      <Choice
        error={error}
        label="Calls that fail"
        value={String(faults.rate)}
        options={[
          ['0', 'none'],
          ['0.2', '20 %'],
          ['0.5', '50 %'],
          ['0.9', '90 %'],
        ]}
        onChange={(rate) => change({ rate: Number(rate) })}
      >
        A share of TaskRouter&rsquo;s calls fails. Changes are tried again after a second or so, and
        each is still written once.
      </Choice>
      <Choice
        error={error}
        label="How they fail"
        value={faults.kind}
        options={kinds}
        onChange={(kind) => change({ kind: kind as NonNullable<ActionInput<'faults'>['kind']> })}
      >
        After &ldquo;no answer, but done&rdquo; the sync reads the Task before it writes again.
      </Choice>
      <Choice
        error={error}
        label="Every call takes"
        value={String(faults.latencyMs)}
        options={[
          ['0', 'no time'],
          ['300', '0.3 s more'],
          ['2000', '2 s more'],
        ]}
        onChange={(latencyMs) => change({ latencyMs: Number(latencyMs) })}
      >
        The lag grows by three calls or so. Nothing else changes.
      </Choice>
      <Choice
        error={error}
        label="Events that are lost"
        value={String(faults.eventLossRate)}
        options={[
          ['0', 'none'],
          ['1', 'all'],
        ]}
        onChange={(eventLossRate) => change({ eventLossRate: Number(eventLossRate) })}
      >
        TaskRouter&rsquo;s events do not come. A plugin that overwrites the link is noticed 20 or 90
        seconds after our write, by the confirmation. A transfer later than that is not.
      </Choice>
      <Choice
        error={error}
        label="Twilio deletes a finished Task after"
        value={String(faults.deleteAfterSeconds)}
        options={[
          ['20', '20 s'],
          ['120', '2 min'],
          ['300', '5 min'],
        ]}
        onChange={(after) => change({ deleteAfterSeconds: Number(after) })}
      >
        Its pages say 2 or 5 minutes. A change that comes later has nothing to go to: expired.
      </Choice>
      <Switch
        error={error}
        label="Webhooks are not answered"
        isOn={faults.webhooksStopped}
        onChange={(webhooksStopped) => change({ webhooksStopped })}
      >
        The endpoint is gone. A CRM sends its webhooks again by its own rules; here you click Send
        again. TaskRouter&rsquo;s events are sent again for hours: turn it off, and each Task gets
        the ticket that it names.
      </Switch>
      <Switch
        error={error}
        label="The sync is paused"
        isOn={faults.syncPaused}
        onChange={(syncPaused) => change({ syncPaused })}
      >
        As ops sync pause does. Changes wait in the queue, up to 14 days. Turn it off, and they are
        applied at once.
      </Switch>
      <Problem text={error} />
    </div>
  );
}

/** What a person has chosen, until the server says what is. */
function useChosen<Value>(actual: Value, error: string | undefined) {
  const [chosen, setChosen] = useState(actual);
  useEffect(() => setChosen(actual), [actual, error]);
  return [chosen, setChosen] as const;
}

function Switch(props: {
  label: string;
  isOn: boolean;
  error: string | undefined;
  onChange: (isOn: boolean) => void;
  children: ComponentChildren;
}) {
  const { label, onChange, children } = props;
  const [isOn, setOn] = useChosen(props.isOn, props.error);
  return (
    <div class="fault">
      <label class="check strong">
        <input
          type="checkbox"
          role="switch"
          aria-checked={isOn}
          checked={isOn}
          onChange={({ currentTarget }) => {
            setOn(currentTarget.checked);
            onChange(currentTarget.checked);
          }}
        />
        {label}
      </label>
      <p class="small">{children}</p>
    </div>
  );
}

function Choice(props: {
  label: string;
  value: string;
  error: string | undefined;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
  children: ComponentChildren;
}) {
  const { label, options, onChange, children } = props;
  const [value, setValue] = useChosen(props.value, props.error);
  return (
    <div class="fault">
      <label class="row between strong">
        {label}
        <select
          value={value}
          onChange={({ currentTarget }) => {
            setValue(currentTarget.value);
            onChange(currentTarget.value);
          }}
        >
          {options.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <p class="small">{children}</p>
    </div>
  );
}
