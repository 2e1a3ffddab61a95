import { afterEach, describe, expect, it } from 'vitest';
import { type LambdaFunction, startFunction } from '../../../local/aws/function.ts';

const opened: LambdaFunction[] = [];
afterEach(() => Promise.all(opened.splice(0).map((open) => open.close())));

interface Options {
  module?: string;
  timeoutMs?: number;
  concurrency?: number;
  environment?: Record<string, string>;
  runsIn?: 'thread' | 'process';
  execArgv?: string[];
}

const open = (options: Options) => {
  const lines: string[] = [];
  const running = startFunction({
    name: 'fixture',
    module: new URL(`./fixtures/${options.module ?? 'function'}.ts`, import.meta.url),
    environment: options.environment ?? {},
    timeoutMs: options.timeoutMs ?? 10_000,
    concurrency: options.concurrency ?? 1,
    runsIn: options.runsIn,
    execArgv: options.execArgv,
    log: (line) => lines.push(line),
  });
  opened.push(running);
  return { ...running, lines };
};

describe.each(['thread', 'process'] as const)('a function in a %s', (runsIn) => {
  const start = (options: Options = {}) => open({ ...options, runsIn });

  it('gets its event and gives its result as JSON', async () => {
    const { invoke } = start();
    const value = { text: 'é', list: [1, null], nested: { a: undefined, at: new Date(0) } };
    expect(await invoke({ do: 'echo', value })).toEqual(JSON.parse(JSON.stringify(value)));
    expect(await invoke({ do: 'echo' })).toBeNull();
  });

  it('sees its own variables and those of Lambda, and nothing of the process that runs it', async () => {
    process.env['LEAKED'] = 'yes';
    const { invoke } = start({ environment: { QUEUE_URL: 'http://queue' } });
    const seen = await invoke({ do: 'environment' });
    expect(seen).toMatchObject({
      QUEUE_URL: 'http://queue',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_ACCESS_KEY_ID: 'local',
    });
    expect(seen).not.toHaveProperty('LEAKED');
    expect(seen).not.toHaveProperty('PATH');
    delete process.env['LEAKED'];
  });

  it('gets a context with a new request id each time and the time that remains', async () => {
    const { invoke } = start({ timeoutMs: 5000 });
    const contexts = [await invoke({ do: 'context' }), await invoke({ do: 'context' })];
    const ids = contexts.map((context) => (context as { awsRequestId: string }).awsRequestId);
    expect(new Set(ids).size).toBe(2);
    expect(contexts[0]).toMatchObject({ functionName: 'fixture', functionVersion: '$LATEST' });
    const { remaining } = contexts[0] as { remaining: number };
    expect(remaining).toBeGreaterThan(4000);
    expect(remaining).toBeLessThanOrEqual(5000);
  });

  it('stays warm between events, and after a thrown error', async () => {
    const { invoke } = start();
    expect(await invoke({ do: 'count' })).toBe(1);
    await expect(invoke({ do: 'throw' })).rejects.toMatchObject({
      name: 'RangeError',
      message: 'out of range',
    });
    await expect(invoke({ do: 'throw-text' })).rejects.toThrow('a text');
    await expect(invoke({ do: 'bigint' })).rejects.toThrow('BigInt');
    expect(await invoke({ do: 'count' })).toBe(5);
  });

  it('is stopped when its time is up, even in a busy loop, and the next event gets a new one', async () => {
    const { invoke } = start({ timeoutMs: 300 });
    await expect(invoke({ do: 'spin' })).rejects.toThrow('Task timed out after 0.30 seconds');
    expect(await invoke({ do: 'count' })).toBe(1);
  });

  it.each([
    ['process.exit', 'exit', 'exit status 3'],
    ['an uncaught error', 'crash', runsIn === 'thread' ? 'thrown on a timer' : 'exit status 1'],
  ])(
    'rejects when it crashes by %s, and the next event gets a new one',
    async (_, step, message) => {
      const { invoke } = start();
      await invoke({ do: 'count' });
      await expect(invoke({ do: step })).rejects.toThrow(message);
      expect(await invoke({ do: 'count' })).toBe(1);
    },
  );

  it('that crashed after its response is not used again', async () => {
    const { invoke } = start();
    await invoke({ do: 'crash-later' });
    await expect.poll(() => invoke({ do: 'count' }).catch(() => 'crashed')).toBe(1);
    expect(await invoke({ do: 'count' })).toBe(2);
  });

  it('uses one environment for each event at once, and not more than its concurrency', async () => {
    const { invoke } = start({ concurrency: 2 });
    const served = await Promise.all([1, 2, 3, 4].map(() => invoke({ do: 'wait', ms: 300 })));
    expect(served.filter((count) => count === 1)).toHaveLength(2);
  });

  it('has all that it prints handed over line by line', async () => {
    const { invoke, lines } = start();
    await invoke({ do: 'print' });
    await expect.poll(() => [...lines].sort()).toEqual(['second line', 'to stderr', 'to stdout']);
  });

  it('whose module does not load says why at each event', async () => {
    const { invoke } = start({ module: 'broken' });
    await expect(invoke({})).rejects.toThrow('cannot load');
    await expect(invoke({})).rejects.toThrow('cannot load');
    await expect(start({ module: 'no-handler' }).invoke({})).rejects.toThrow('named handler');
  });

  it('is given options of Node', async () => {
    const preload = new URL('./fixtures/preload.ts', import.meta.url).href;
    const { invoke } = start({ execArgv: ['--import', preload] });
    expect(await invoke({ do: 'environment' })).toMatchObject({ PRELOADED: 'yes' });
  });

  it('that is crashed rejects what it has, and the next event gets a new one', async () => {
    const { invoke, warm, crash } = start();
    await warm();
    expect(crash()).toBe(false);
    const waiting = invoke({ do: 'wait', ms: 10_000 });
    await expect.poll(crash).toBe(true);
    const how = runsIn === 'process' ? 'signal: SIGKILL' : 'exit status 1';
    await expect(waiting).rejects.toThrow(`Runtime exited with error: ${how}`);
    expect(await invoke({ do: 'count' })).toBe(1);
  });

  it('that is closed rejects what runs and what waits', async () => {
    const { invoke, warm, close } = start();
    await warm();
    const both = [invoke({ do: 'wait', ms: 10_000 }), invoke({ do: 'count' })].map((running) =>
      running.then(
        () => 'served',
        (error: Error) => error.message,
      ),
    );
    await close();
    expect(await Promise.all(both)).toEqual(Array(2).fill('The function was stopped'));
  });
});
