import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ActionInput } from '../actions.ts';
import type { Parts } from '../parts.ts';
import { Problem } from './parts.tsx';
import { act, useAction } from './store.ts';

const kinds: readonly [NonNullable<ActionInput<'faults'>['kind']>, string][] = [
  ['429', '429, too many requests'],
  ['500', '500'],
  ['503', '503'],
  ['timeout-before', 'timeout, nothing done'],
  ['timeout-after', 'timeout, but done'],
];

/** The faults that a user can turn on, and what each does. */
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
        Every call gets 503. Webhooks are still accepted. sync tries their changes for 6.5 hours.
        Turn the fault off, and sync writes the links.
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
            Puts the clock of this stack forward. During an outage, a change that was tried for 6.5
            hours becomes a dead letter. Twilio deletes Tasks that have ended.
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
        A share of the calls to TaskRouter fails. sync retries a change after about a second. Each
        change is still written once.
      </Choice>
      <Choice
        error={error}
        label="How they fail"
        value={faults.kind}
        options={kinds}
        onChange={(kind) => change({ kind: kind as NonNullable<ActionInput<'faults'>['kind']> })}
      >
        After &ldquo;timeout, but done&rdquo; sync reads the Task before it writes again.
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
        The lag grows by about three calls. Nothing else changes.
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
        TaskRouter&rsquo;s events do not arrive. If a plugin overwrites the link, the confirmation
        finds that 20 or 90 seconds after our write. sync does not notice a later transfer.
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
        Twilio&rsquo;s pages say 2 or 5 minutes. A change that comes later has no Task: its outcome
        is expired.
      </Choice>
      <Switch
        error={error}
        label="Webhooks are not answered"
        isOn={faults.webhooksStopped}
        onChange={(webhooksStopped) => change({ webhooksStopped })}
      >
        The endpoint is stopped. A real CRM retries its webhooks by its own rules. Here, click Send
        again. TaskRouter sends its events again for hours. Turn the fault off, and each Task gets
        the ticket that it names.
      </Switch>
      <Switch
        error={error}
        label="sync is paused"
        isOn={faults.syncPaused}
        onChange={(syncPaused) => change({ syncPaused })}
      >
        This is the same as ops sync pause. SQS keeps the changes for four days. Turn the fault off,
        and sync applies them at once.
      </Switch>
      <Problem text={error} />
    </div>
  );
}

/** The value that the user has chosen, until the server sends the actual value. */
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
