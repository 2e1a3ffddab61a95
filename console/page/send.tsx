import { useEffect, useState } from 'preact/hooks';
import type { SendAnswer } from '../actions.ts';
import type { ConversationView, SourceView } from '../parts.ts';
import { Problem, shortKey } from './parts.tsx';
import { act, useAction } from './store.ts';

const groups = [
  ['story', 'The life of a ticket'],
  ['others', 'Other events'],
  ['ignored', 'Events without effect'],
] as const;

/** The first column: an event in a CRM, and the webhook that the CRM then sends. */
export function Send(props: {
  sources: readonly SourceView[];
  conversation: ConversationView | undefined;
}) {
  const { sources, conversation } = props;
  const [name, setName] = useState(sources[0]?.name ?? '');
  const [files, setFiles] = useState<Readonly<Record<string, string>>>({});
  const [title, setTitle] = useState('');
  const [options, setOptions] = useState({
    twice: false,
    outOfOrder: false,
    wrongSignature: false,
  });
  const [answer, setAnswer] = useState<SendAnswer>();
  const { isRunning, error, run } = useAction();
  const source = sources.find((each) => each.name === name) ?? sources[0];
  const file = files[name] ?? source?.scenarios[0]?.file ?? '';

  const send = (): void =>
    run(async () => {
      setAnswer(undefined);
      const own = conversation?.isDeleted === false ? { conversation: conversation.sid } : {};
      const titled = source?.takesTitle && title !== '' ? { title } : {};
      setAnswer(await act('send', { source: name, file, ...own, ...titled, ...options }));
    });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !isRunning) send();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  if (source === undefined) return null;
  const option = (key: keyof typeof options, label: string) => (
    <label class="check">
      <input
        type="checkbox"
        checked={options[key]}
        onChange={({ currentTarget }) => setOptions({ ...options, [key]: currentTarget.checked })}
      />
      {label}
    </label>
  );
  return (
    <div class="stack">
      <h2>1 · Send</h2>
      <fieldset class="crms">
        <legend class="hidden">CRM</legend>
        {sources.map(({ name: each, label }) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === name}
            onClick={() => {
              setName(each);
              setAnswer(undefined);
            }}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <label class="field">
        What happens
        <select
          value={file}
          onChange={({ currentTarget }) => setFiles({ ...files, [name]: currentTarget.value })}
        >
          {groups.map(([group, label]) => (
            <optgroup key={group} label={label}>
              {source.scenarios
                .filter((each) => each.group === group)
                .map(({ file: each, description }) => (
                  <option key={each} value={each}>
                    {description}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      {source.takesTitle && (
        <label class="field">
          Title of the ticket
          <input
            type="text"
            value={title}
            maxLength={1000}
            placeholder="Charged twice"
            onInput={({ currentTarget }) => setTitle(currentTarget.value)}
          />
        </label>
      )}
      <div class="row">
        {option('twice', 'twice')}
        {option('outOfOrder', 'out of order')}
        {source.isSigned && option('wrongSignature', 'wrong signature')}
      </div>
      <button type="button" class="primary" disabled={isRunning} onClick={send}>
        {source.isSigned ? 'Send the signed webhook' : 'Send the event'}
      </button>
      <p class="muted small">{subjectOf(source, conversation)}</p>
      <Problem text={error} />
      {answer !== undefined && <Answer answer={answer} />}
    </div>
  );
}

function subjectOf(source: SourceView, conversation: ConversationView | undefined): string {
  if (conversation === undefined || conversation.isDeleted) {
    return 'No conversation is open, so the ticket matches none. Start one below.';
  }
  return `About ${conversation.title}, whose Task names the ticket in ${source.taskAttribute}.`;
}

function Answer({ answer }: { answer: SendAnswer }) {
  const [isCopied, setCopied] = useState(false);
  const { ticket, status, request, curl, answer: text } = answer;
  const copy = () => navigator.clipboard.writeText(curl).then(() => setCopied(true));
  return (
    <div class="answer" aria-live="polite">
      <div class="row">
        <span class={`pill ${status < 300 ? 'ok' : 'bad'}`}>{status}</span>
        <b>{shortKey(ticket)}</b>
        <button type="button" class="small end" onClick={copy}>
          {isCopied ? 'Copied' : 'Copy as curl'}
        </button>
      </div>
      <details>
        <summary>The request and its response</summary>
        <pre>{request}</pre>
        <pre>{`${status} ${text}`}</pre>
      </details>
    </div>
  );
}
