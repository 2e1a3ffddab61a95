import type { ActionInput, ConversationAction } from '../actions.ts';
import type { ConversationView } from '../parts.ts';
import { Meter, minutes, Problem } from './parts.tsx';
import { act, useAction, useNow } from './store.ts';

const channels: readonly ActionInput<'start'>['channel'][] = ['call', 'chat', 'e-mail'];

const labels: Readonly<Record<ConversationAction, string>> = {
  accept: 'Accept',
  transfer: 'Transfer',
  recording: 'Recording arrives',
  overwrite: 'Plugin overwrites',
  raw: 'Plugin adds Raw link',
  fill: 'Plugin fills Task',
  'wrap-up': 'Wrap up',
  complete: 'Complete',
  'hang-up': 'Hang up in queue',
};

const hints: Readonly<Partial<Record<ConversationAction, string>>> = {
  transfer: 'The next agent gets a new segment. It shows the ticket too.',
  overwrite:
    'A plugin writes attributes that it read before the link, without If-Match. sync then writes the link again.',
  raw: 'If the first item is a Raw link, the supervisor sees nothing else.',
  fill: 'The Task is full. The next ticket replaces our oldest link, or its change becomes a dead letter.',
  complete: 'Twilio keeps the Task for some minutes, then deletes it.',
};

/** The controls below Send: the actions of the customer, the agents and their plugins. */
export function ConversationControls(props: {
  conversation: ConversationView | undefined;
  onStart: (sid: string) => void;
}) {
  const { conversation, onStart } = props;
  const { isRunning, error, run } = useAction();
  return (
    <div class="stack">
      <h2>Conversation</h2>
      <div class="channels">
        {channels.map((channel) => (
          <button
            key={channel}
            type="button"
            disabled={isRunning}
            onClick={() => run(async () => onStart((await act('start', { channel })).conversation))}
          >
            New {channel}
          </button>
        ))}
      </div>
      {conversation !== undefined && conversation.actions.length > 0 && (
        <fieldset class="actions">
          <legend class="muted small">{conversation.title}</legend>
          {conversation.actions.map((action) => (
            <button
              key={action}
              type="button"
              class={action === 'accept' ? 'next' : undefined}
              disabled={isRunning}
              title={hints[action]}
              onClick={() => run(() => act('act', { conversation: conversation.sid, action }))}
            >
              {labels[action]}
            </button>
          ))}
        </fieldset>
      )}
      <Problem text={error} />
      {conversation !== undefined && <Countdown conversation={conversation} />}
    </div>
  );
}

function Countdown({ conversation }: { conversation: ConversationView }) {
  const { finishedAt, deletesAt, isDeleted } = conversation;
  const now = useNow();
  if (finishedAt === undefined || deletesAt === undefined) return null;
  if (isDeleted) return <p>Twilio has deleted the Task.</p>;
  const total = deletesAt - finishedAt;
  const left = Math.max(0, deletesAt - now);
  return (
    <>
      <p>
        Twilio deletes the Task in <b class="num">{minutes(left)}</b>
      </p>
      <Meter
        label={`${minutes(left)} of ${minutes(total)}`}
        limit={total}
        parts={[{ value: left, tone: 'warn' }]}
      />
    </>
  );
}
