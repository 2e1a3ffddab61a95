import { formatDuration } from '../../ops/text.ts';
import { giveUpAfterSeconds } from '../../shared/config/retry-policy.ts';
import { maximumLength } from '../../shared/media/fit.ts';
import { checkLinked, checkReasons, checkReplayed, type Step } from './screen.ts';

/** Steps in which TaskRouter fails in three ways. sync tries each message for 6.5 hours. */
export function outageSteps(): readonly Step[] {
  return [
    {
      title: 'A quiet evening',
      run: async (stage, screen) => {
        screen.tell(
          'This is the whole pipeline on your machine. Agents take calls and change tickets in Zendesk. Each ticket names its call. sync writes the link of the ticket to the call, for the supervisor.',
        );
        await stage.startCall('4700');
        await stage.changeTickets('4700');
        await stage.waitUntilLinked('4700');
        screen.check('ticket 4700 has changed, and its link is on the call', true);
        screen.tell(
          'Begin with two commands. They show the state of the stack, and what happened to one ticket.',
        );
        await screen.command('status');
        const { stdout } = await screen.command('why zendesk/4700');
        screen.check('why says the same', stdout.includes('The link is on the Task.'));
      },
    },
    {
      title: 'TaskRouter is down',
      run: async (stage, screen) => {
        for (const ticket of [...outage, '4717']) await stage.startCall(ticket);
        stage.faults.everywhere = 'unavailable';
        await stage.changeTicketsAndTry(...outage);
        screen.tell(
          `TaskRouter answers 503 to every request. ${outage.length} tickets change. Their webhooks are accepted, and sync retries their messages.`,
        );
        screen.page('taskrouter-circuit-open', 'about four minutes after the first failure');
        screen.page('nothing-linked', 'within ten minutes');
        screen.tell('You are on call. Look at the state first:');
        await screen.command('status');
        await screen.command('doctor', 4);
        screen.tell(
          "Now do nothing. sync retries each message for 6.5 hours, and writes the links within five minutes of TaskRouter's return. Do not replay, purge or deploy.",
        );
        const { code } = await screen.command('dlq replay --yes', 1);
        screen.check('a replay during the outage stops and sends nothing', code === 1);
      },
    },
    {
      title: 'Six and a half hours later',
      run: async (stage, screen) => {
        const passedMs = await stage.passTimeUntilDeadLetters(outage.length);
        screen.tell(
          `The clock of this stack was put forward: TaskRouter has been down for ${formatDuration(passedMs)}. sync has moved the messages to the dead-letter queue. SQS keeps them for 14 days.`,
        );
        screen.page('dead-letters', 'within 15 minutes of the first');
        screen.page('dead-letters-taskrouter-unavailable', 'a minute after the first');
        const isAfterPolicy = passedMs >= giveUpAfterSeconds * 1000;
        screen.check('sync gave up after 6.5 hours, not earlier', isAfterPolicy);
        await screen.command('dlq list');
        const id = await checkReasons(screen, 'taskrouter-unavailable');
        await screen.command(`dlq show ${id}`);
        screen.tell('One ticket changes now. It needs no command:');
        await stage.changeTicketsAndTry('4717');
        stage.faults.everywhere = 'none';
        stage.passTime(fiveMinutesMs);
        await stage.waitUntilLinked('4717');
        screen.check(
          'TaskRouter is back. sync links ticket 4717 within five minutes, without a command',
          true,
        );
      },
    },
    {
      title: 'Replay',
      run: async (stage, screen) => {
        screen.tell(
          'TaskRouter works again. This command shows what a replay would do. It sends nothing:',
        );
        await screen.command('dlq replay --reason taskrouter-unavailable', 3);
        screen.tell('Replay two, and wait for their outcomes. Then replay the rest:');
        await screen.command(
          'dlq replay --reason taskrouter-unavailable --limit 2 --yes --wait 60s',
        );
        await screen.command('dlq replay --reason taskrouter-unavailable --yes --wait 60s');
        await checkReplayed(stage, screen, outage);
        await screen.command(`why zendesk/${outage[0]}`);
      },
    },
    {
      title: 'Somebody has deleted the API key',
      run: async (stage, screen) => {
        for (const ticket of refused) await stage.startCall(ticket);
        stage.faults.everywhere = 'unauthorized';
        await stage.changeTicketsAndTry(...refused);
        screen.tell('Twilio answers 401 to every request. This does not end by itself.');
        screen.page('twilio-unauthorized', 'one or two minutes after the first 401');
        await screen.command('doctor', 4);
        screen.tell(
          'On a deployment: create a new key, set twilio.apiKey and twilio.apiSecret with pulumi config set, and run npm run up. sync reads the key within five minutes. In this drill, nobody did so for 6.5 hours. Then somebody renewed the key.',
        );
        await stage.passTimeUntilDeadLetters(refused.length);
        stage.faults.everywhere = 'none';
        stage.passTime(fiveMinutesMs);
        screen.page('dead-letters-unauthorized', 'a minute after the first dead letter');
        await checkReasons(screen, 'unauthorized');
        await screen.command('dlq replay --reason unauthorized --yes --wait 60s');
        await checkReplayed(stage, screen, refused);
      },
    },
    {
      title: 'A proxy answers instead of TaskRouter',
      run: async (stage, screen) => {
        for (const ticket of misread) await stage.startCall(ticket);
        stage.faults.everywhere = 'html';
        await stage.changeTicketsAndTry(...misread);
        screen.tell(
          'A new proxy answers 200 with its own page. The circuit breaker sees no error, but sync links nothing.',
        );
        screen.page('nothing-linked', 'within ten minutes');
        await stage.passTimeUntilDeadLetters(misread.length);
        screen.tell('6.5 hours later:');
        await screen.command('dlq list');
        await checkReasons(screen, 'taskrouter-invalid-response');
        screen.tell('The proxy is gone. Replay as before.');
        stage.faults.everywhere = 'none';
        await screen.command('dlq replay --reason taskrouter-invalid-response --yes --wait 60s');
        await checkReplayed(stage, screen, misread);
      },
    },
  ];
}

const outage = ['4711', '4712', '4713', '4714', '4715', '4716'];

const refused = ['4721', '4722'];

const misread = ['4731', '4732'];

/** Within this time, sync reads a new key, and messages that waited are tried after an outage. */
const fiveMinutesMs = 5 * 60_000;

/** Steps with messages that become dead letters at once, and the commands that stop sync. */
export function deadLetterSteps(): readonly Step[] {
  return [
    {
      title: 'Dead letters without retries',
      run: async (stage, screen) => {
        const transcript = 'x'.repeat(maximumLength - 100);
        await stage.startCall('4741', { transcript });
        await stage.startCall('4742', { reservation_attributes: 'none' });
        stage.faults.rejectsUpdates.add(await stage.startCall('4743'));
        await stage.changeTickets('4741', '4742', '4743');
        await stage.sendToQueue('{"hello": "sync"}');
        await stage.waitUntil(
          'four dead letters',
          async () => (await stage.deadLetterCount()) === 4,
        );
        screen.tell(
          'A retry would not help these messages, so they are dead letters at once. A plugin filled the attributes of one Task. A flow wrote text instead of an object. Twilio answers 400 to one update. Somebody sent a message by hand.',
        );
        screen.page(
          'dead-letters-<reason>',
          'one for each reason, a minute after its first dead letter',
        );
        await screen.command('dlq list --each');
        await checkReasons(
          screen,
          'attributes-full',
          'attributes-unreadable',
          'invalid-message',
          'twilio-bad-request',
        );
        screen.tell(
          'The cause still exists, so replayed messages fail again. The exit code says so:',
        );
        await screen.command('dlq replay --reason attributes-full --yes --wait 60s', 6);
        screen.tell(
          'So fix the cause first. The owners of the plugin and the flow have fixed theirs, and Twilio accepts updates again:',
        );
        await stage.overwrite('4741', { transcript: 'short' });
        await stage.overwrite('4742', { reservation_attributes: {} });
        stage.faults.rejectsUpdates.clear();
        await screen.command('dlq replay --source zendesk --yes --wait 60s');
        await checkLinked(stage, screen, ['4741', '4742', '4743']);
        screen.tell('No replay helps the last one. Write it to a file and delete it:');
        const file = `${stage.root}/purged.jsonl`;
        await screen.command(`dlq purge --reason invalid-message --yes --file ${file}`);
        screen.check('the dead-letter queue is empty', (await stage.deadLetterCount()) === 0);
      },
    },
    {
      title: 'A message that ends the process of sync',
      run: async (stage, screen) => {
        const tickets = ['4751', ...neighbours];
        for (const ticket of tickets) await stage.startCall(ticket);
        stage.faults.endsSync.add(stage.taskOf('4751'));
        await stage.changeTicketsAndTry(...tickets);
        screen.tell(
          'Three tickets change at the same time. When sync handles the first, its process ends, and the others fail with it. sync retries them in smaller groups, until the first is alone.',
        );
        screen.page('sync-errors', 'within five minutes of the first');
        const passedMs = await stage.passTimeUntilDeadLetters(1, visibilityMs);
        stage.faults.endsSync.clear();
        screen.check('the other tickets are linked', await stage.areLinked(neighbours));
        screen.check(
          'the first is a dead letter within an hour, not after 6.5 hours',
          passedMs < 3_600_000,
        );
        const id = await checkReasons(screen, 'sync-did-not-finish');
        await screen.command(`dlq show ${id}`);
        screen.tell(
          'On a deployment: send these lines to the developers, and deploy their fix. Then replay:',
        );
        await screen.command('dlq replay --reason sync-did-not-finish --yes --wait 60s');
        await checkReplayed(stage, screen, ['4751']);
      },
    },
    {
      title: 'EventBridge events',
      run: async (stage, screen) => {
        await stage.webhooks.stop();
        const caseId = await stage.changeCase();
        await stage.waitUntil(
          'the event is a dead letter',
          async () => (await stage.eventDeadLetterCount()) === 1,
        );
        await stage.webhooks.start();
        screen.tell(
          'A Case changes in Salesforce while crm-change cannot start. Lambda tries its event three times, then moves it to the event dead-letter queue.',
        );
        screen.page('event-dead-letters', 'within 15 minutes');
        screen.page('crm-change-errors', 'within five minutes');
        await screen.command('dlq list --queue events');
        screen.tell('crm-change starts again. Send the event to it again:');
        await screen.command('dlq replay --queue events --yes');
        await stage.waitUntilLinked(caseId);
        screen.check('the link of the Case is on its call', true);
      },
    },
    {
      title: 'Pause',
      run: async (stage, screen) => {
        await stage.startCall('4761');
        screen.tell(
          'A deployment has a fault, and the fix takes an hour. Pause sync. Webhooks are still accepted:',
        );
        await screen.command('sync pause', 3);
        await screen.command('sync pause --yes');
        await stage.changeTickets('4761');
        screen.page('queue-backlog', 'when the oldest message is 20 minutes old');
        screen.tell('You can see the waiting messages only while sync is paused:');
        await screen.command('dlq list --queue changes --each');
        screen.check('ticket 4761 waits', !(await stage.isLinked('4761')));
        await screen.command('sync resume --yes');
        // The list has hidden the message for its visibility timeout, as each receive does.
        stage.passTime(visibilityMs);
        await stage.waitUntilLinked('4761');
        screen.check('sync works again, and ticket 4761 is linked', true);
        await screen.command('status');
        const { tickets, messages } = await stage.findLosses();
        screen.check(
          `all ${stage.callCount()} tickets are linked to their calls: none is lost`,
          tickets.length === 0,
        );
        screen.check('no message is left in a queue', messages === 0);
      },
    },
  ];
}

const neighbours = ['4752', '4753'];

/** How long SQS hides the messages of a batch that crashed, in milliseconds. */
const visibilityMs = 181_000;
