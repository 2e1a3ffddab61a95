import { useState } from 'preact/hooks';
import type { About, ConversationView, MediaView, SegmentTime } from '../parts.ts';
import { Media } from './media.tsx';
import { Meter, minutes, shortSid, TabList } from './parts.tsx';
import { act, useAction, useNow } from './store.ts';

const icons: Readonly<Record<string, string>> = {
  VoiceRecording: '▶ ',
  ChatTranscript: '≡ ',
  EmailTranscript: '≡ ',
  Raw: '⚠ ',
};

/** The second column: the conversation, as the conversation screen of Flex Insights shows it. */
export function Supervisor(props: {
  about: About;
  conversations: readonly ConversationView[];
  selected: ConversationView | undefined;
  onSelect: (sid: string) => void;
}) {
  const { about, conversations, selected, onSelect } = props;
  const [segmentSid, setSegmentSid] = useState<string>();
  if (selected === undefined) return <Welcome onStart={onSelect} />;
  const { segments } = selected;
  const segment =
    segments.find(({ sid }) => sid === segmentSid) ??
    segments.findLast(({ isTarget }) => isTarget) ??
    segments.at(-1);
  return (
    <div class={selected.isDeleted ? 'stack deleted' : 'stack'}>
      <h2>2 · What the supervisor sees</h2>
      <div class="row title">
        {conversations.length > 1 ? (
          <select
            aria-label="Conversation"
            value={selected.sid}
            onChange={({ currentTarget }) => onSelect(currentTarget.value)}
          >
            {conversations.map(({ sid, title }) => (
              <option key={sid} value={sid}>
                {title}
              </option>
            ))}
          </select>
        ) : (
          <h3>{selected.title}</h3>
        )}
        <span class={`pill ${selected.isDeleted ? 'soft' : ''}`}>
          {selected.isDeleted ? 'deleted' : selected.status}
        </span>
        <code class="muted" title={selected.sid}>
          {shortSid(selected.sid)}
        </code>
      </div>
      {selected.isDeleted && (
        <p class="note">Twilio has deleted the Task. Flex Insights keeps what it showed:</p>
      )}
      <TimeLine conversation={selected} selected={segment?.sid} onSelect={setSegmentSid} />
      {segment === undefined ? (
        <p class="note">
          The customer waits in the queue. No agent has accepted yet. Click Accept.
        </p>
      ) : (
        <Segment key={selected.sid} about={about} segment={segment} conversation={selected} />
      )}
      <Attributes conversation={selected} />
    </div>
  );
}

function Welcome({ onStart }: { onStart: (sid: string) => void }) {
  const { isRunning, run } = useAction();
  return (
    <div class="stack">
      <h2>2 · What the supervisor sees</h2>
      <div class="welcome">
        <h3>See a ticket appear beside a recording</h3>
        <ol>
          <li>
            <button
              type="button"
              class="primary"
              disabled={isRunning}
              onClick={() =>
                run(async () => onStart((await act('start', { channel: 'call' })).conversation))
              }
            >
              Start a call
            </button>
          </li>
          <li>Accept it, as an agent in Flex does.</li>
          <li>Send the signed webhook of a CRM. The ticket appears here.</li>
        </ol>
      </div>
    </div>
  );
}

function TimeLine(props: {
  conversation: ConversationView;
  selected: string | undefined;
  onSelect: (sid: string) => void;
}) {
  const { conversation, selected, onSelect } = props;
  const now = useNow();
  const { createdAt, finishedAt, segments, isDeleted } = conversation;
  const last = Math.max(createdAt, ...segments.flatMap(({ to }) => to ?? []));
  const end = Math.max(finishedAt ?? (isDeleted ? last : now), createdAt + 1000);
  const place = (from: number, to: number) => ({
    left: `${(100 * (from - createdAt)) / (end - createdAt)}%`,
    width: `${Math.max(1, (100 * (to - from)) / (end - createdAt))}%`,
  });
  const queueEnd = Math.min(end, segments.find(({ isTarget }) => isTarget)?.acceptedAt ?? end);
  return (
    <div class="timeline">
      <span class="muted">Queue</span>
      <div class="track">
        <span class="seg queue" style={place(createdAt, queueEnd)}>
          {minutes(queueEnd - createdAt)}
        </span>
      </div>
      {segments.map((segment) => {
        const from = segment.acceptedAt ?? segment.from;
        const to = Math.max(from, Math.min(end, segment.to ?? end));
        const isOn = segment.sid === selected;
        return (
          <>
            <span key={`${segment.sid} name`}>
              {isOn ? <b>{segment.worker}</b> : segment.worker}
            </span>
            <div key={segment.sid} class="track">
              <button
                type="button"
                class={isOn ? 'seg on' : 'seg'}
                style={place(from, to)}
                aria-pressed={isOn}
                aria-label={`${segment.worker}, ${segment.status}, ${minutes(to - from)}`}
                title={`${segment.status}, ${segment.sid}`}
                onClick={() => onSelect(segment.sid)}
              >
                {minutes(to - from)}
              </button>
            </div>
          </>
        );
      })}
    </div>
  );
}

function Segment(props: { about: About; segment: SegmentTime; conversation: ConversationView }) {
  const { about, segment, conversation } = props;
  const { media, rawFirst } = segment;
  const [chosen, setChosen] = useState<string>();
  const idOf = (item: MediaView) => item.ticket?.replace('/', '-') ?? `${item.type}-${item.title}`;
  // Until the user selects an item, the newest ticket is selected.
  const item =
    media.find((each) => idOf(each) === chosen) ??
    (rawFirst ? media[0] : media.findLast(({ ticket }) => ticket !== undefined)) ??
    media[0];
  if (item === undefined) {
    return (
      <p class="note">
        {segment.worker} has this conversation. It has no media yet. Send a webhook, or click
        Recording arrives.
      </p>
    );
  }
  const tabs = media.map((each, index) => ({
    id: idOf(each),
    isDim: rawFirst && index > 0,
    label: (
      <>
        {icons[each.type]}
        {each.title}
        {each.ticket !== undefined && <span class="pill ours">ours</span>}
        {rawFirst && index > 0 && <span class="pill soft">hidden</span>}
      </>
    ),
  }));
  const ticket = conversation.tickets.find((each) => each.ticket === item.ticket);
  return (
    <div>
      <TabList
        name="media"
        label={`Media of ${segment.worker}`}
        tabs={tabs}
        selected={idOf(item)}
        onSelect={setChosen}
      />
      <div
        role="tabpanel"
        class="stage"
        id={`media-${idOf(item)}-panel`}
        aria-labelledby={`media-${idOf(item)}`}
      >
        {rawFirst && item !== media[0] && (
          <p class="note">
            The first item is a Raw link, so the supervisor does not see this item.
          </p>
        )}
        <Media
          key={idOf(item)}
          about={about}
          item={item}
          channel={conversation.channel}
          hidden={rawFirst ? media.slice(1) : []}
        />
        {ticket !== undefined && (
          <p class="muted small">
            {ticket.ticket} · version {ticket.version ?? 'unknown'} · {ticket.state}, because{' '}
            {ticket.because.join(' and ') || 'the CRM says so'}
          </p>
        )}
      </div>
    </div>
  );
}

function Attributes({ conversation }: { conversation: ConversationView }) {
  const { attributes, size, tickets } = conversation;
  const { used, limit, links, ledger } = size;
  const others = used - links - ledger;
  const number = (value: number) => value.toLocaleString('en-US');
  const text = `${number(used)} of ${number(limit)} characters`;
  return (
    <div class="stack attributes">
      <div class="row between">
        <span class="muted">Attributes</span>
        <span class="muted num">{text}</span>
      </div>
      <Meter
        label={`Attributes: ${text}`}
        limit={limit}
        parts={[
          { value: others, tone: 'others' },
          { value: links, tone: 'links' },
          { value: ledger, tone: 'ledger' },
        ]}
      />
      <div class="row">
        <span class="pill soft">others {number(others)}</span>
        <span class="pill ours">our links {number(links)}</span>
        <span class="pill ours">our ledger {number(ledger)}</span>
      </div>
      <details>
        <summary>Ledger ({tickets.length})</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Ticket</th>
              <th scope="col">State</th>
              <th scope="col">Because</th>
              <th scope="col">Version</th>
            </tr>
          </thead>
          <tbody>
            {tickets.map(({ ticket, state, because, version, at }) => (
              <tr key={ticket}>
                <td>{ticket}</td>
                <td>{state}</td>
                <td>{because.join(', ')}</td>
                <td class="num" title={at}>
                  {version ?? 'none'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      <details>
        <summary>All attributes</summary>
        <pre>{pretty(attributes)}</pre>
      </details>
    </div>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
