import { type WorldDescription, webhookOf } from '../world-description.ts';

const sign =
  'require("crypto").createHmac("sha256",process.argv[1]).update(process.argv[2]).digest("base64")';
const attributes =
  'JSON.stringify(JSON.parse(JSON.parse(require("fs").readFileSync(0)).attributes),null,2)';

/**
 * Lines for a shell (no comments, which zsh would run) that show the whole way: a Task that names a ticket, a worker who takes it, a webhook
 * signed as Zendesk signs, and the Task with the link on it. They need curl and node, no more.
 */
export const firstTry = (world: WorldDescription): string => {
  const zendesk = webhookOf(world, 'zendesk');
  const task = JSON.stringify({
    [zendesk.taskAttribute]: '4711',
    conversations: { segment_link: 'https://recordings.example.com/1' },
  });
  return `echo 'A call comes in with the id of a ticket on its Task, and Alice takes it'
TASKS=${world.taskrouter}/v1/Workspaces/${world.workspaceSid}/Tasks
KEY=${world.apiKey}:${world.apiSecret}
TASK=$(curl -s -u "$KEY" $TASKS --data-urlencode 'Attributes=${task}' | grep -o 'WT[0-9a-f]\\{32\\}' | head -1)
SEGMENT=$(curl -s ${world.taskrouter}/_twin/Tasks/$TASK/Reservations -d '{"workerName":"alice"}' | grep -o 'WR[0-9a-f]\\{32\\}' | head -1)
curl -s -o /dev/null -u "$KEY" $TASKS/$TASK/Reservations/$SEGMENT -d ReservationStatus=accepted

echo 'The ticket changes, and Zendesk sends a signed webhook'
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
BODY='{"schema":"ticket-changed/1","ticket_id":"4711","updated_at":"'$NOW'"}'
SIGNATURE=$(node -p '${sign}' '${zendesk.secret}' "$NOW$BODY")
curl -s ${zendesk.url} -H 'Content-Type: application/json' -H "X-Zendesk-Webhook-Signature-Timestamp: $NOW" -H "X-Zendesk-Webhook-Signature: $SIGNATURE" -d "$BODY"; echo

until curl -s -u "$KEY" $TASKS/$TASK | grep -q tickets/4711; do sleep 1; done
echo 'The ticket is on the Task, behind the recording'
curl -s -u "$KEY" $TASKS/$TASK | node -p '${attributes}'
`;
};
