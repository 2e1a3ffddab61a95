import pc from 'picocolors';
import {
  findWebhookSource,
  type LocalStackDescription,
  type SourceDescription,
} from '../stack-description.ts';

/** What `npm start` prints for a person when everything is ready: all URLs, and a first try. */
export function startSummary(stack: LocalStackDescription, startedInMs: number): string {
  return [
    `${pc.green('Running')} (started in ${(startedInMs / 1000).toFixed(1)} s), everything runs on this machine:`,
    '',
    formatRow('TaskRouter', stack.taskrouter),
    formatRow('', `Workspace ${stack.workspaceSid}, account ${stack.accountSid}`),
    formatRow('', `API key ${stack.apiKey}, secret ${stack.apiSecret}`),
    formatRow('', `sends its events to ${stack.taskEventsUrl}`),
    formatRow('SQS queue', stack.queueUrl),
    formatRow('dead-letter queue', stack.deadLetterQueueUrl),
    formatRow('event dead letters', stack.eventDeadLetterQueueUrl),
    '',
    `${pc.bold('Webhook URLs')} (npm start -- --json shows how each CRM signs):`,
    '',
    ...Object.entries(stack.sources).flatMap(sourceRows),
    '',
    `${pc.bold('First try')}: paste this into another terminal:`,
    '',
    firstTryScript(stack),
    `${pc.bold('Log')} (Ctrl-C stops):`,
    '\n',
  ].join('\n');
}

const signExpression =
  'require("crypto").createHmac("sha256",process.argv[1]).update(process.argv[2]).digest("base64")';

const attributesExpression =
  'JSON.stringify(JSON.parse(JSON.parse(require("fs").readFileSync(0)).attributes),null,2)';

function formatRow(name: string, text: string) {
  return `  ${pc.bold(name.padEnd(20))}${text}`;
}

function sourceRows([name, source]: [string, SourceDescription]): string[] {
  return source.transport === 'http'
    ? [formatRow(name, source.url), formatRow('', pc.dim(`secret ${source.secret}`))]
    : [
        formatRow(name, source.url),
        formatRow('', pc.dim(`PutEvents with Source ${source.partnerEventSource}`)),
      ];
}

/** How often the first try looks for the link, once a second. */
const maxLooks = 60;

/**
 * Lines for a shell that show the whole way: a Task with a ticket id, a worker who accepts it, a webhook signed
 * as Zendesk signs, and the Task with the link. They need curl and node, and end within about a minute.
 * They hold no comments: zsh would run them.
 */
function firstTryScript(stack: LocalStackDescription): string {
  const zendeskSource = findWebhookSource(stack, 'zendesk');
  const task = JSON.stringify({
    [zendeskSource.taskAttribute]: '4711',
    conversations: { segment_link: 'https://recordings.example.com/1' },
  });
  return `echo 'A call arrives. Its Task holds a ticket id. Alice accepts it.'
TASKS=${stack.taskrouter}/v1/Workspaces/${stack.workspaceSid}/Tasks
KEY=${stack.apiKey}:${stack.apiSecret}
request() { curl -sS --max-time 10 "$@"; }
TASK=$(request -u "$KEY" $TASKS --data-urlencode 'Attributes=${task}' | grep -o 'WT[0-9a-f]\\{32\\}' | head -1)
SEGMENT=$(request ${stack.taskrouter}/_emulator/Tasks/$TASK/Reservations -d '{"workerName":"alice"}' | grep -o 'WR[0-9a-f]\\{32\\}' | head -1)
request -o /dev/null -u "$KEY" $TASKS/$TASK/Reservations/$SEGMENT -d ReservationStatus=accepted

echo 'The ticket changes. Zendesk sends a signed webhook.'
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
BODY='{"schema":"ticket-changed/1","ticket_id":"4711","updated_at":"'$NOW'"}'
SIGNATURE=$(node -p '${signExpression}' '${zendeskSource.secret}' "$NOW$BODY")
request ${zendeskSource.url} -H 'Content-Type: application/json' -H "X-Zendesk-Webhook-Signature-Timestamp: $NOW" -H "X-Zendesk-Webhook-Signature: $SIGNATURE" -d "$BODY"; echo

LOOKS=0; [ -n "$TASK" ] || LOOKS=${maxLooks}
until [ $LOOKS -ge ${maxLooks} ] || request -u "$KEY" $TASKS/$TASK 2>/dev/null | grep -q tickets/4711; do LOOKS=$((LOOKS+1)); sleep 1; done
if [ $LOOKS -lt ${maxLooks} ]; then
  echo 'The Task now shows the ticket after the recording.'
  request -u "$KEY" $TASKS/$TASK | node -p '${attributesExpression}'
else
  echo 'The Task does not show the ticket. Look at the terminal of npm start: is it still running, and what do its lines of crm-change and sync say?'
fi
`;
}
