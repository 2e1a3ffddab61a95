import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { redactUrl } from '../../../ops/connect/connect.ts';
import { followedEvents } from '../../../shared/taskrouter/task-router.ts';
import {
  account,
  failure,
  startEmulatorHarness,
  taskEventsUrl,
  writeStateFile,
} from '../command-line.ts';
import { startFailingProxy } from '../proxy.ts';

const Sids = z.object({ sid: z.string() });
const Sinks = z.object({
  sinks: z.array(
    z.object({
      sid: z.string(),
      description: z.string(),
      sink_configuration: z.looseObject({ destination: z.string() }),
    }),
  ),
});
const Subscriptions = z.object({
  subscriptions: z.array(z.object({ sid: z.string(), sink_sid: z.string() })),
});
const Types = z.object({
  types: z.array(z.object({ type: z.string(), schema_version: z.number() })),
});

const ourType = { type: 'com.twilio.taskrouter.task.updated', schema_version: 4 };
const description = `crm-media-sync ${taskEventsUrl}`;
/** Configuration and description of the sink of another deployment. */
const anotherDeployment = [
  { destination: 'https://b.example.com' },
  'crm-media-sync https://b.example.com',
] as const;
const nothingToDo = { code: 0, stdout: expect.stringContaining('Nothing to do') };
const exactlyOurs = new Map(
  followedEvents.map((event) => [`com.twilio.taskrouter.${event}`, 4] as const),
);

const harness = async () => {
  const local = await startEmulatorHarness();
  const { twilio } = local;
  const sinks = async () => Sinks.parse(await twilio('Sinks')).sinks;
  const subscriptions = async () =>
    Subscriptions.parse(await twilio('Subscriptions')).subscriptions;
  /** The event types of all subscriptions of a sink, each once, with their versions. */
  const versionsOf = async (sink: string) => {
    const own = (await subscriptions()).filter(({ sink_sid }) => sink_sid === sink);
    const lists = own.map(async ({ sid }) =>
      Types.parse(await twilio(`Subscriptions/${sid}/SubscribedEvents`)),
    );
    const types = (await Promise.all(lists)).flatMap((list) => list.types);
    const versions = new Map(types.map(({ type, schema_version }) => [type, schema_version]));
    expect(versions.size).toBe(types.length);
    return versions;
  };
  return {
    ...local,
    sinks,
    subscriptions,
    /** Creates a sink with a subscription to these events, as another system would. */
    addSink: async (configuration: object, Description: string, types: readonly object[] = []) => {
      const made = await twilio('Sinks', {
        Description,
        SinkConfiguration: JSON.stringify({ method: 'POST', ...configuration }),
        SinkType: 'webhook',
      });
      const { sid } = Sids.parse(made);
      for (const type of types) {
        await twilio('Subscriptions', { Description, SinkSid: sid, Types: JSON.stringify(type) });
      }
      return sid;
    },
    /** The only sink, which must be subscribed to exactly the required events. */
    onlySink: async () => {
      const [sink, ...others] = await sinks();
      expect(others).toEqual([]);
      expect(await versionsOf(sink?.sid ?? '')).toEqual(exactlyOurs);
      return sink;
    },
  };
};

describe('connect via Event Streams', () => {
  it('shows its plan and changes nothing without --yes', async () => {
    const { ops, sinks } = await harness();
    const planned = await ops('connect');
    expect(planned).toMatchObject({ code: 3, stderr: '' });
    expect(planned.stdout).toMatch(/\+ sink .*\n {2}\+ subscription/);
    expect(planned.stdout).toContain('Add --yes');
    expect(await sinks()).toEqual([]);
  });

  it('creates one sink for single events, and one subscription to exactly the required events', async () => {
    const { ops, onlySink } = await harness();
    expect(await ops('connect', '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect(await onlySink()).toMatchObject({
      description,
      sink_configuration: { destination: taskEventsUrl, method: 'POST', batch_events: false },
    });
  });

  it('has nothing to do in a second run', async () => {
    const { ops, sinks } = await harness();
    await ops('connect', '--yes');
    const before = await sinks();
    for (const args of [['connect'], ['connect', '--yes']]) {
      expect(await ops(...args)).toMatchObject(nothingToDo);
    }
    expect(await sinks()).toEqual(before);
  });

  it('ends with one of each, although three runs create them at the same time', async () => {
    const { ops, subscriptions, onlySink } = await harness();
    const codes = await Promise.all([1, 2, 3].map(() => ops('connect', '--yes')));
    expect(codes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await subscriptions()).toHaveLength(1);
    await onlySink();
  });

  const eventType = (event: string, schema_version: number) => ({
    type: `com.twilio.taskrouter.${event}`,
    schema_version,
  });
  it.each([
    [
      'changes the version of an event type',
      [eventType('task.updated', 2)],
      /~ event type {4}com\.twilio\.taskrouter\.task\.updated/,
    ],
    [
      'removes other event types from its subscription',
      [eventType('task.created', 4)],
      /- event type {4}com\.twilio\.taskrouter\.task\.created/,
    ],
    ['continues after a run that failed after its sink', [], /= sink .*\n {2}\+ subscription/],
  ])('%s', async (_, types, plan) => {
    const { ops, addSink, onlySink } = await harness();
    const sid = await addSink({ destination: taskEventsUrl }, description, types);
    expect((await ops('connect')).stdout).toMatch(plan);
    await ops('connect', '--yes');
    expect(await onlySink()).toMatchObject({ sid });
  });

  it('keeps one of two sinks and one of two subscriptions of its own', async () => {
    const { ops, addSink, subscriptions, onlySink } = await harness();
    const sid = await addSink({ destination: taskEventsUrl }, description, [ourType, ourType]);
    await addSink({ destination: taskEventsUrl }, description, [ourType]);
    expect((await ops('connect', '--yes')).code).toBe(0);
    expect(await onlySink()).toMatchObject({ sid });
    expect(await subscriptions()).toHaveLength(1);
  });

  it('leaves the sink of another system unchanged, and says that it sends here too', async () => {
    const { ops, addSink, sinks } = await harness();
    await ops('connect', '--yes');
    const sid = await addSink({ destination: taskEventsUrl }, 'created by hand');
    expect(await ops('connect')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`! Sink ${sid} was not created by connect and sends`),
    });
    await ops('connect', '--remove', '--yes');
    expect(await sinks()).toMatchObject([{ sid }]);
  });

  it('takes over a sink with our URL and another description', async () => {
    const { ops, addSink, sinks } = await harness();
    const sid = await addSink({ destination: taskEventsUrl }, 'created by hand');
    await ops('connect', '--yes');
    expect(await sinks()).toMatchObject([{ sid, description }]);
  });

  it('replaces its own sink if that batches events, because only its description can be changed', async () => {
    const { ops, addSink, onlySink } = await harness();
    const old = await addSink({ destination: taskEventsUrl, batch_events: true }, description, [
      ourType,
    ]);
    const planned = (await ops('connect', '--json')).stdout;
    const { steps } = z.object({ steps: z.array(z.looseObject({})) }).parse(JSON.parse(planned));
    expect(steps.map(({ action, resource }) => `${action} ${resource}`).join()).toBe(
      'create sink,create subscription,delete subscription,delete sink',
    );
    await ops('connect', '--yes');
    expect((await onlySink())?.sid).not.toBe(old);
  });

  it('mentions the sink of another deployment, and removes only what it created', async () => {
    const { ops, addSink, sinks, subscriptions } = await harness();
    const kept = [
      await addSink({ destination: 'https://other.example.com' }, 'of somebody', [ourType]),
      await addSink(...anotherDeployment, [ourType]),
    ];
    const { stdout } = await ops('connect', '--yes');
    expect(stdout).toContain(`! Sink ${kept[1]} belongs to another deployment`);
    const planned = await ops('connect', '--remove');
    expect(planned.code).toBe(3);
    expect(await sinks()).toHaveLength(3);
    expect((await ops('connect', '--remove', '--yes')).code).toBe(0);
    expect((await sinks()).map(({ sid }) => sid)).toEqual(kept);
    expect((await subscriptions()).map(({ sink_sid }) => sink_sid)).toEqual(kept);
    expect(await ops('connect', '--remove')).toMatchObject(nothingToDo);
  });

  it('says what to do if Twilio rejects the API key, and shows no credentials', async () => {
    const { ops } = await startEmulatorHarness({ apiSecret: 'the wrong secret' });
    const ended = await ops('connect', '--yes');
    expect(ended).toMatchObject(failure('rejected the API key (401'));
    expect(ended.stderr).not.toContain('the wrong secret');
    expect(ended.stderr).not.toContain(account.apiKey);
  });

  it.each(
    [1, 2, 3, 4].flatMap((at) => [false, true].map((takesEffect) => [at, takesEffect] as const)),
  )(
    'finishes in a second run after write %i failed, whether it took effect (%s) or not',
    async (at, takesEffect) => {
      const { ops, emulator, root, addSink, onlySink } = await harness();
      await addSink({ destination: taskEventsUrl, batch_events: true }, description, [ourType]);
      const { url: taskrouter } = await startFailingProxy(emulator.url, {
        at,
        takesEffect,
        fail: (response) => response.writeHead(503).end('{}'),
      });
      await writeStateFile(root, { taskrouter });
      const said = failure(`Step ${at} of 4`, 'run the command again');
      expect(await ops('connect', '--yes')).toMatchObject(said);
      expect((await ops('connect', '--yes')).code).toBe(0);
      await onlySink();
    },
  );
});

describe('connect via the event callback of the Workspace', () => {
  const path = `Workspaces/${account.workspaceSid}`;
  const callback = ['connect', '--via', 'callback'];
  const foreign = 'https://flex.example.com/events';

  it('changes nothing without --yes, then sets the callback for exactly the required events', async () => {
    const { ops, twilio } = await startEmulatorHarness();
    expect((await ops(...callback)).code).toBe(3);
    expect(await twilio(path)).toMatchObject({ event_callback_url: '' });
    expect((await ops(...callback, '--yes')).code).toBe(0);
    const eventsFilter = followedEvents.join(',');
    expect(await twilio(path)).toMatchObject({
      event_callback_url: taskEventsUrl,
      events_filter: eventsFilter,
    });
    expect(await ops(...callback, '--yes')).toMatchObject(nothingToDo);
  });

  it('ignores the order of the events', async () => {
    const { ops, twilio } = await startEmulatorHarness();
    const EventsFilter = followedEvents.toReversed().join(', ');
    await twilio(path, { EventCallbackUrl: taskEventsUrl, EventsFilter });
    expect((await ops(...callback)).code).toBe(0);
    await twilio(path, { EventsFilter: '' });
    expect((await ops(...callback)).code).toBe(3);
  });

  it('warns of the URL of another system, and replaces it only with --replace', async () => {
    const { ops, twilio } = await startEmulatorHarness();
    await twilio(path, { EventCallbackUrl: foreign });
    const planned = await ops(...callback);
    expect(planned.code).toBe(3);
    expect(planned.stdout).toContain('flex.example.com/events for all events');
    expect(planned.stdout).toContain('! The Workspace already has a callback URL');
    expect(await ops(...callback, '--yes')).toMatchObject(failure('--replace'));
    expect(await twilio(path)).toMatchObject({ event_callback_url: foreign });
    expect((await ops(...callback, '--yes', '--replace')).code).toBe(0);
    expect(await twilio(path)).toMatchObject({ event_callback_url: taskEventsUrl });
  });

  it('removes our URL, and leaves the URL of another system', async () => {
    const { ops, twilio } = await startEmulatorHarness();
    await ops(...callback, '--yes');
    expect((await ops(...callback, '--remove')).code).toBe(3);
    expect((await ops(...callback, '--remove', '--yes')).code).toBe(0);
    expect(await twilio(path)).toMatchObject({ event_callback_url: '' });
    await twilio(path, { EventCallbackUrl: foreign });
    expect((await ops(...callback, '--remove', '--yes')).code).toBe(0);
    expect(await twilio(path)).toMatchObject({ event_callback_url: foreign });
  });

  it('never shows possible secrets of another URL', () => {
    expect(redactUrl('https://me:hunter2@flex.example.com/a?token=b#c')).toBe(
      'with a user name, https://flex.example.com/a?…',
    );
    expect(redactUrl('https://flex.example.com/a')).toBe('https://flex.example.com/a');
    expect(redactUrl('')).toBe('');
  });

  it('shows no control characters of another URL', async () => {
    const { ops, twilio } = await startEmulatorHarness();
    await twilio(path, { EventCallbackUrl: `${foreign}/\u001b[31mred` });
    const { stdout } = await ops(...callback);
    expect(stdout).toContain('flex.example.com');
    expect(stdout).not.toContain('\u001b[31mred');
  });
});
