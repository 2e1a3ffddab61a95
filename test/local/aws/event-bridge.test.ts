import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type BusEvent, startEventBridge } from '../../../local/aws/event-bridge.ts';
import { onceAtEnd } from '../serve.ts';

const source = 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001AAA';
const rules = [{ source, detailTypes: ['CaseChangeEvent', 'CaseCommentChangeEvent'] }];
const change = { Source: source, DetailType: 'CaseChangeEvent', Detail: '{"payload":{"a":"é"}}' };
const hour = 3_600_000;

const Answer = z.object({
  Entries: z.array(
    z.object({ EventId: z.string().optional(), ErrorMessage: z.string().optional() }),
  ),
});
const entriesIn = (json: unknown) => Answer.parse(json).Entries;

const post = async (url: string, body: string, target = 'AWSEvents.PutEvents') => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body,
  });
  return { status: response.status, json: await response.json() };
};

interface Options {
  readonly invoke?: (event: BusEvent) => Promise<unknown>;
  readonly deadLetter?: () => Promise<unknown>;
  readonly retryDelaysMs?: readonly number[];
  readonly closeTimeoutMs?: number;
}

/** Starts a bus and keeps its invocations, dead letters and log lines. */
const start = async (options: Options = {}) => {
  const invoked: BusEvent[] = [];
  const deadLetters: { event: BusEvent; error: unknown }[] = [];
  const lines: string[] = [];
  const bus = await startEventBridge({
    rules,
    retryDelaysMs: options.retryDelaysMs ?? [],
    closeTimeoutMs: options.closeTimeoutMs,
    invoke: async (event) => {
      invoked.push(event);
      await options.invoke?.(event);
    },
    sendToDeadLetterQueue: async (event, error) => {
      deadLetters.push({ event, error });
      await options.deadLetter?.();
    },
    log: (line) => lines.push(line),
  });
  const close = onceAtEnd(bus.close);
  const put = (...Entries: object[]) => post(bus.url, JSON.stringify({ Entries }));
  return { url: bus.url, close, put, invoked, deadLetters, lines };
};

describe('the event bus', () => {
  it('invokes the function with the envelope of EventBridge', async () => {
    const { put, invoked } = await start();
    const got = await put({
      ...change,
      EventBusName: source,
      Time: 1_735_689_599.75,
      Resources: ['arn:aws:x'],
    });
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(got).toEqual({ status: 200, json: { FailedEntryCount: 0, Entries: [{ EventId: id }] } });
    expect(invoked).toEqual([
      {
        version: '0',
        id: entriesIn(got.json)[0]?.EventId,
        'detail-type': 'CaseChangeEvent',
        source,
        account: '000000000000',
        time: '2024-12-31T23:59:59Z',
        region: 'us-east-1',
        resources: ['arn:aws:x'],
        detail: { payload: { a: 'é' } },
      },
    ]);
  });

  it('sets the current time, in whole seconds, if an event has none', async () => {
    const { put, invoked } = await start();
    const before = Math.floor(Date.now() / 1000) * 1000;
    await put(change);
    const time = invoked[0]?.time ?? '';
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['another source', { Source: `${source}B` }],
    ['a prefix of the source', { Source: source.slice(0, -1) }],
    ['another type', { DetailType: 'AccountChangeEvent' }],
    ['a type in lower case', { DetailType: 'casechangeevent' }],
  ] as const)(
    'accepts an event of %s, drops it and logs it without its detail',
    async (_, difference) => {
      const { put, invoked, lines } = await start();
      const Detail = '{"Subject":"private"}';
      const { json } = await put({ ...change, ...difference, Detail }, change);
      expect(json).toMatchObject({ FailedEntryCount: 0 });
      const [dropped, taken] = entriesIn(json);
      expect(invoked.map(({ id }) => id)).toEqual([taken?.EventId]);
      expect(lines).toEqual([expect.stringContaining(`${dropped?.EventId}`)]);
      expect(lines.join()).not.toContain('private');
    },
  );

  it.each([
    ['no source', { Source: undefined }, 'InvalidArgument', 'Source'],
    ['an empty source', { Source: '' }, 'InvalidArgument', 'Source'],
    ['no type', { DetailType: undefined }, 'InvalidArgument', 'DetailType'],
    ['no detail', { Detail: undefined }, 'InvalidArgument', 'Detail'],
    ['a detail that is not JSON', { Detail: '{"private"' }, 'MalformedDetail', 'Detail'],
    ['a list as its detail', { Detail: '["private"]' }, 'MalformedDetail', 'Detail'],
    ['null as its detail', { Detail: 'null' }, 'MalformedDetail', 'Detail'],
    ['text as its detail', { Detail: '"private"' }, 'MalformedDetail', 'Detail'],
    ['an object as its detail', { Detail: { a: 'private' } }, 'MalformedDetail', 'must be text'],
    ['a number as its detail', { Detail: 0 }, 'MalformedDetail', 'must be text'],
    ['null instead of text as its detail', { Detail: null }, 'MalformedDetail', 'must be text'],
  ] as const)(
    'returns an error for an entry with %s, and accepts the others',
    async (_, difference, code, field) => {
      const { put, invoked } = await start();
      const { status, json } = await put(change, { ...change, ...difference }, change);
      expect({ status, json }).toEqual({
        status: 200,
        json: {
          FailedEntryCount: 1,
          Entries: [
            { EventId: expect.any(String) },
            { ErrorCode: code, ErrorMessage: expect.stringContaining(field) },
            { EventId: expect.any(String) },
          ],
        },
      });
      const [first, wrong, last] = entriesIn(json);
      expect(wrong?.ErrorMessage).not.toContain('private');
      expect(invoked.map(({ id }) => id)).toEqual([first?.EventId, last?.EventId]);
    },
  );

  const requestOf = (...Entries: object[]) => JSON.stringify({ Entries });
  it.each([
    ['that is not JSON', '{"Entries"', 'SerializationException'],
    ['without entries', '{}', 'SerializationException'],
    ['whose source is not text', requestOf({ ...change, Source: 7 }), 'SerializationException'],
    ['whose time is out of range', requestOf({ ...change, Time: 1e15 }), 'SerializationException'],
    ['of no entry', requestOf(), 'ValidationException'],
    ['of eleven entries', requestOf(...Array(11).fill(change)), 'ValidationException'],
    ['of another action', requestOf(change), 'UnknownOperationException', 'AWSEvents.ListRules'],
  ] as const)('rejects a request %s as a whole', async (_, body, type, target = undefined) => {
    const { url, invoked } = await start();
    expect(await post(url, body, target)).toEqual({
      status: 400,
      json: { __type: type, message: expect.any(String) },
    });
    expect(invoked).toEqual([]);
  });

  it('accepts ten entries', async () => {
    const { put, invoked } = await start();
    await put(...Array(10).fill(change));
    expect(invoked).toHaveLength(10);
  });

  it('accepts entries of 256 KB in all, and not a byte more', async () => {
    const { put, invoked } = await start();
    const limit = 256 * 1024;
    const rest = Buffer.byteLength(source) + Buffer.byteLength('CaseChangeEvent');
    const entryOf = (bytes: number) => {
      const length = bytes - rest - Buffer.byteLength('{"a":"é"}');
      return { ...change, Detail: JSON.stringify({ a: `é${'x'.repeat(length)}` }) };
    };
    const tooLarge = { status: 400, json: { __type: 'ValidationException' } };
    expect(await put(entryOf(limit + 1))).toMatchObject(tooLarge);
    expect(await put(entryOf(limit / 2), entryOf(limit / 2 + 1))).toMatchObject(tooLarge);
    expect(await put({ ...entryOf(limit - 13), Time: 0 })).toMatchObject(tooLarge);
    expect(await put({ ...entryOf(limit - 1), Resources: ['é'] })).toMatchObject(tooLarge);
    expect(invoked).toEqual([]);
    expect(await put(entryOf(limit / 2), entryOf(limit / 2))).toMatchObject({ status: 200 });
    expect(invoked).toHaveLength(2);
  });

  it('goes on after a sender has closed its connection in the middle of a request', async () => {
    const { url, put, lines } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{', () =>
      socket.destroy(),
    );
    await expect.poll(() => lines).toEqual([expect.stringContaining('could not answer a request')]);
    expect((await put(change)).status).toBe(200);
  });

  it('retries an event until the function succeeds', async () => {
    let failures = 2;
    const taken = Promise.withResolvers<BusEvent>();
    const { put, invoked, deadLetters } = await start({
      retryDelaysMs: [1, 1, hour],
      invoke: async (event) => {
        if (failures-- > 0) throw new Error('not yet');
        taken.resolve(event);
      },
    });
    await put(change);
    const event = await taken.promise;
    expect(invoked).toEqual([event, event, event]);
    expect(deadLetters).toEqual([]);
  });

  it('sends an event to the dead-letter queue after the last retry, with the last error', async () => {
    const given = Promise.withResolvers<void>();
    let tries = 0;
    const { put, invoked, deadLetters } = await start({
      retryDelaysMs: [1, 1],
      invoke: () => {
        tries += 1;
        throw new Error(`try ${tries}`);
      },
      deadLetter: async () => given.resolve(),
    });
    await put(change);
    await given.promise;
    expect(invoked).toHaveLength(3);
    expect(deadLetters).toEqual([{ event: invoked[0], error: new Error('try 3') }]);
  });

  it('logs a dead letter that cannot be sent, and goes on', async () => {
    const { put, invoked, lines } = await start({
      invoke: () => Promise.reject(new Error('broken')),
      deadLetter: () => Promise.reject(new Error('no queue')),
    });
    await put(change);
    await expect.poll(() => lines).toEqual([`event ${invoked[0]?.id} is lost: Error: no queue`]);
    expect((await put(change)).status).toBe(200);
  });

  it('that is closed waits for the function, and accepts nothing more', async () => {
    const work = Promise.withResolvers<void>();
    const options = { invoke: () => work.promise, closeTimeoutMs: hour };
    const { url, put, close } = await start(options);
    await put(change);
    let isClosed = false;
    const closed = close().then(() => {
      isClosed = true;
    });
    await expect.poll(() => fetch(url).catch(() => 'refused')).toBe('refused');
    expect(isClosed).toBe(false);
    work.resolve();
    await closed;
  });

  it('that is closed does not wait for a function that never ends', async () => {
    const options = { invoke: () => new Promise(() => {}), closeTimeoutMs: 10 };
    const { put, close } = await start(options);
    await put(change);
    await close();
  });

  it('that is closed drops an event that waits for its next attempt, logs it, and leaves no timer', async () => {
    const { put, close, invoked, lines } = await start({
      retryDelaysMs: [hour],
      closeTimeoutMs: hour,
      invoke: () => Promise.reject(new Error('broken')),
    });
    await put(change);
    await expect.poll(() => lines).toHaveLength(1);
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
    const before = timers().length;
    await close();
    expect(timers().length).toBeLessThan(before);
    expect(lines.at(-1)).toContain(`event ${invoked[0]?.id} is lost`);
    expect(invoked).toHaveLength(1);
  });
});
