import { maximumLength } from '../../shared/media/fit.ts';
import { checkLinked, checkReasons, checkReplayed, type Step } from './step.ts';

/** Messages that sync does not try for hours, and how to stop it. */
export function deadLetterSteps(): readonly Step[] {
  return [
    {
      title: 'Dead letters that come at once',
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
          'Trying again would not help these, so sync does not: a plugin filled the attributes of one Task, a flow wrote text where an object has to be, Twilio answers 400 to one update, and somebody sent a message by hand.',
        );
        screen.page('dead-letters-<reason>', 'one for each reason, a minute after its first');
        await screen.command('dlq list --each');
        await checkReasons(
          screen,
          'attributes-full',
          'attributes-unreadable',
          'invalid-message',
          'twilio-bad-request',
        );
        screen.tell(
          'With the cause still there, a replay brings them back. The exit code says so:',
        );
        await screen.command('dlq replay --reason attributes-full --yes --wait 60s', 6);
        screen.tell('So mend first. The owners of the plugin and the flow do, and Twilio does:');
        await stage.overwrite('4741', { transcript: 'short' });
        await stage.overwrite('4742', { reservation_attributes: {} });
        stage.faults.rejectsUpdates.clear();
        await screen.command('dlq replay --source zendesk --yes --wait 60s');
        await checkLinked(stage, screen, ['4741', '4742', '4743']);
        screen.tell('No replay helps the last one: to a file, and out of the queue.');
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
          'Three tickets change at the same time. Each time that sync handles the first, its process ends, and the others with it. sync tries them in smaller groups, until that one is alone.',
        );
        screen.page('sync-errors', 'within five minutes of the first');
        const passedMs = await stage.passTimeUntilDeadLetters(1, visibilityMs);
        stage.faults.endsSync.clear();
        screen.check('its neighbours are linked', await stage.areLinked(neighbours));
        screen.check('it is a dead letter soon, not after 6.5 hours', passedMs < 3_600_000);
        const id = await checkReasons(screen, 'sync-did-not-finish');
        await screen.command(`dlq show ${id}`);
        screen.tell('In life: send these lines to the developers, and deploy their fix. Then:');
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
          'A Case changes in Salesforce while crm-change cannot start. Lambda tries its event three times. Then it is in a dead-letter queue of its own.',
        );
        screen.page('event-dead-letters', 'within 15 minutes');
        screen.page('crm-change-errors', 'within five minutes');
        await screen.command('dlq list --queue events');
        screen.tell('crm-change starts again: give it the event once more.');
        await screen.command('dlq replay --queue events --yes');
        await stage.waitUntilLinked(caseId);
        screen.check('the Case is on its call', true);
      },
    },
    {
      title: 'Pause',
      run: async (stage, screen) => {
        await stage.startCall('4761');
        screen.tell(
          'A deployment does harm, and the next one takes an hour. Stop sync: webhooks are accepted all the same.',
        );
        await screen.command('sync pause', 3);
        await screen.command('sync pause --yes');
        await stage.changeTickets('4761');
        screen.page('queue-backlog', 'when the oldest message is 20 minutes old');
        screen.tell('Only while it is paused can you see the messages that wait:');
        await screen.command('dlq list --queue changes --each');
        screen.check('ticket 4761 waits', !(await stage.isLinked('4761')));
        await screen.command('sync resume --yes');
        // The list has hidden the message, as each receive does.
        stage.passTime(visibilityMs);
        await stage.waitUntilLinked('4761');
        screen.check('sync goes on, and ticket 4761 is linked', true);
        await screen.command('status');
        const { tickets, messages } = await stage.findLosses();
        screen.check(
          `all ${stage.callCount()} tickets are on their calls: none is lost`,
          tickets.length === 0,
        );
        screen.check('no message is left in a queue', messages === 0);
      },
    },
  ];
}

const neighbours = ['4752', '4753'];

/** SQS makes the messages of a crash visible again after this. */
const visibilityMs = 181_000;
