import { formatDuration } from '../../ops/text.ts';
import { giveUpAfterSeconds } from '../../shared/config/retry-policy.ts';
import { checkReasons, checkReplayed, type Step } from './step.ts';

/** TaskRouter does not work, in three ways: each message is tried for 6.5 hours. */
export function outageSteps(): readonly Step[] {
  return [
    {
      title: 'A quiet evening',
      run: async (stage, screen) => {
        screen.tell(
          'This is the whole pipeline on your machine. Agents take calls and change tickets in Zendesk; each ticket names its call. A supervisor is to find the ticket on the call.',
        );
        await stage.startCall('4700');
        await stage.changeTickets('4700');
        await stage.waitUntilLinked('4700');
        screen.check('ticket 4700 changed, and its link is on its call', true);
        screen.tell('Two commands to begin with: how is it, and what became of one ticket?');
        await screen.command('status');
        const { stdout } = await screen.command('why zendesk/4700');
        screen.check('why says so too', stdout.includes('The link is on the Task.'));
      },
    },
    {
      title: 'TaskRouter is down',
      run: async (stage, screen) => {
        for (const ticket of [...outage, '4717']) await stage.startCall(ticket);
        stage.faults.everywhere = 'unavailable';
        await stage.changeTicketsAndTry(...outage);
        screen.tell(
          `TaskRouter answers 503 to every request. Meanwhile ${outage.length} tickets change. Their webhooks are accepted, and sync tries their messages again and again.`,
        );
        screen.page('taskrouter-circuit-open', 'some four minutes after the first failure');
        screen.page('nothing-linked', 'within ten minutes');
        screen.tell('You are on call. Look first:');
        await screen.command('status');
        await screen.command('doctor', 4);
        screen.tell(
          'Now do nothing. For 6.5 hours each message is tried again by itself, and is back within five minutes of TaskRouter. Do not replay, do not purge, do not deploy.',
        );
        const { code } = await screen.command('dlq replay --yes', 1);
        screen.check('a replay during the outage is refused, and sends nothing', code === 1);
      },
    },
    {
      title: 'Six and a half hours later',
      run: async (stage, screen) => {
        const passedMs = await stage.passTimeUntilDeadLetters(outage.length);
        screen.tell(
          `The clock of this stack was put forward: TaskRouter has been down for ${formatDuration(passedMs)}. sync has given up, and moved the messages to the dead-letter queue. SQS keeps them for 14 days.`,
        );
        screen.page('dead-letters', 'within 15 minutes of the first');
        screen.page('dead-letters-taskrouter-unavailable', 'a minute after the first');
        const isAfterPolicy = passedMs >= giveUpAfterSeconds * 1000;
        screen.check('sync gave up after 6.5 hours, no sooner', isAfterPolicy);
        await screen.command('dlq list');
        const id = await checkReasons(screen, 'taskrouter-unavailable');
        await screen.command(`dlq show ${id}`);
        screen.tell('One ticket changes just now. It does not wait for you:');
        await stage.changeTicketsAndTry('4717');
        stage.faults.everywhere = 'none';
        stage.passTime(fiveMinutesMs);
        await stage.waitUntilLinked('4717');
        screen.check(
          'TaskRouter is back, and within five minutes ticket 4717 is linked by itself',
          true,
        );
      },
    },
    {
      title: 'Replay',
      run: async (stage, screen) => {
        screen.tell('TaskRouter is well. First see what a replay would do. Nothing is sent:');
        await screen.command('dlq replay --reason taskrouter-unavailable', 3);
        screen.tell('Two first, and wait for their outcomes. Then the rest:');
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
        screen.tell('Twilio answers 401 to every request. This does not pass by itself.');
        screen.page('twilio-unauthorized', 'one or two minutes after the first refusal');
        await screen.command('doctor', 4);
        screen.tell(
          'In life: make a new key, pulumi config set twilio.apiKey and twilio.apiSecret, npm run up. sync reads it within five minutes. Here nobody got up for 6.5 hours, and then the key was renewed.',
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
      title: 'Something else answers in place of TaskRouter',
      run: async (stage, screen) => {
        for (const ticket of misread) await stage.startCall(ticket);
        stage.faults.everywhere = 'html';
        await stage.changeTicketsAndTry(...misread);
        screen.tell(
          'A new proxy answers 200 with a page of its own. It is not an error to the breaker, and yet nothing is linked.',
        );
        screen.page('nothing-linked', 'within ten minutes');
        await stage.passTimeUntilDeadLetters(misread.length);
        screen.tell('6.5 hours later:');
        await screen.command('dlq list');
        await checkReasons(screen, 'taskrouter-invalid-response');
        screen.tell('The proxy is gone: the same replay as before.');
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

/** In so many milliseconds sync reads a new key, and what waits is back after an outage. */
const fiveMinutesMs = 5 * 60_000;
