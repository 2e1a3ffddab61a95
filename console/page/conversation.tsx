import type { ActionInput, ConversationAction, ConversationView } from '../api.ts';
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
  transfer: 'The next agent gets a segment of their own, and the ticket with it.',
  overwrite:
    'It writes back what it read before the link, without If-Match. An event repairs that.',
  raw: 'A Raw link in first place hides everything else from the supervisor.',
  fill: 'The Task is full. The next ticket takes the place of our oldest link, or becomes a dead letter.',
  complete: 'Twilio keeps the Task for a while, then deletes it for good.',
};

/** Below Send: what the customer, the agents and their plugins do. */
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
