import pc from 'picocolors';
import {
  findWebhookSource,
  type LocalStackDescription,
  type SourceDescription,
} from '../stack-description.ts';

/** What `npm start` tells a person once all is ready: where everything is, and what to do with it. */
export function startSummary(stack: LocalStackDescription, startedInMs: number): string {
  return [
    `${pc.green('Running')} (started in ${(startedInMs / 1000).toFixed(1)} s), all of it on this machine:`,
    '',
    formatRow('TaskRouter', stack.taskrouter),
    formatRow('', `Workspace ${stack.workspaceSid}, account ${stack.accountSid}`),
    formatRow('', `API key ${stack.apiKey}, secret ${stack.apiSecret}`),
    formatRow('', `tells of its events at ${stack.taskEventsUrl}`),
    formatRow('queue', stack.queueUrl),
    formatRow('dead letters', stack.deadLetterQueueUrl),
    formatRow('dead events', stack.eventDeadLetterQueueUrl),
    '',
    `${pc.bold('Where CRMs send')} (npm start -- --json tells how each of them signs):`,
    '',
    ...Object.entries(stack.sources).flatMap(sourceRows),
    '',
    `${pc.bold('A first try')}, to paste into another terminal:`,
    '',
    firstTryScript(stack),
    `${pc.bold('What comes in')} (Ctrl-C stops):`,
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
        formatRow('', pc.dim(`PutEvents, from ${source.partnerEventSource}`)),
      ];
}

/**
 * Lines for a shell (no comments, which zsh would run) that show the whole way: a Task that names a ticket, a worker who takes it, a webhook
 * signed as Zendesk signs, and the Task with the link on it. They need curl and node, no more.
 */
function firstTryScript(stack: LocalStackDescription): string {
  const zendeskSource = findWebhookSource(stack, 'zendesk');
  const task = JSON.stringify({
    [zendeskSource.taskAttribute]: '4711',
    conversations: { segment_link: 'https://recordings.example.com/1' },
  });
  return `echo 'A call comes in with the id of a ticket on its Task, and Alice takes it'
TASKS=${stack.taskrouter}/v1/Workspaces/${stack.workspaceSid}/Tasks
KEY=${stack.apiKey}:${stack.apiSecret}
TASK=$(curl -s -u "$KEY" $TASKS --data-urlencode 'Attributes=${task}' | grep -o 'WT[0-9a-f]\\{32\\}' | head -1)
SEGMENT=$(curl -s ${stack.taskrouter}/_twin/Tasks/$TASK/Reservations -d '{"workerName":"alice"}' | grep -o 'WR[0-9a-f]\\{32\\}' | head -1)
curl -s -o /dev/null -u "$KEY" $TASKS/$TASK/Reservations/$SEGMENT -d ReservationStatus=accepted

echo 'The ticket changes, and Zendesk sends a signed webhook'
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
BODY='{"schema":"ticket-changed/1","ticket_id":"4711","updated_at":"'$NOW'"}'
SIGNATURE=$(node -p '${signExpression}' '${zendeskSource.secret}' "$NOW$BODY")
curl -s ${zendeskSource.url} -H 'Content-Type: application/json' -H "X-Zendesk-Webhook-Signature-Timestamp: $NOW" -H "X-Zendesk-Webhook-Signature: $SIGNATURE" -d "$BODY"; echo

until curl -s -u "$KEY" $TASKS/$TASK | grep -q tickets/4711; do sleep 1; done
echo 'The ticket is on the Task, behind the recording'
curl -s -u "$KEY" $TASKS/$TASK | node -p '${attributesExpression}'
`;
}
