import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, bundleFile, repositoryRoot } from '../../infra/bundle/bundle.ts';
import { functionEntries } from '../../infra/bundle/function-entries.ts';
import { logCrash } from '../../lambdas/sync/report/log-crash.ts';
import { readTraces } from '../../ops/trace/read-traces.ts';
import { outputs, pulumiWith, runIn, startOps } from './command-line.ts';

const place = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(place, { recursive: true }));

/** What the sync throws where its environment is not set, with this in the place of its message. */
const message = 'Jane Roe, born 1970\n    at Jane Street 4 (flat 2:1:1)';
let stack: string;
const frames = () => stack.split('\n').filter((line) => line.includes(`${bundleFile}:`));

beforeAll(() => {
  const file = join(place, bundleFile);
  writeFileSync(file, bundle(functionEntries.sync).code);
  const code = `
    const { handler } = await import('${pathToFileURL(file)}');
    await handler({ Records: [] }, {}).catch(({ stack }) => console.log(stack));`;
  const options = { env: {}, encoding: 'utf8' } as const;
  const thrown = execFileSync(process.execPath, ['--input-type=module', '-e', code], options);
  const at = thrown
    .slice(thrown.search(/^\s+at /m))
    .replaceAll(pathToFileURL(place).href, 'file:///var/task');
  stack = `Error: ${message}\n${at}`;
});

/** Line of a file that holds this text. */
const lineOf = (file: string, text: string): number =>
  readFileSync(join(repositoryRoot, file), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

/** Where the sources throw, and the way there. */
const way = () => [
  {
    name: 'parseEnvironment',
    file: 'shared/runtime/environment.ts',
    line: lineOf('shared/runtime/environment.ts', 'throw new Error('),
  },
  {
    name: 'compose',
    file: 'lambdas/sync/compose.ts',
    line: lineOf('lambdas/sync/compose.ts', 'parseEnvironment(SyncEnvironment'),
  },
  {
    name: 'handler',
    file: 'lambdas/sync/handler.ts',
    line: lineOf('lambdas/sync/handler.ts', 'compose(process.env'),
  },
];

const ops = runIn(place);
const traceOf = async (text: string, ...options: string[]) => {
  const file = join(place, 'input');
  writeFileSync(file, text);
  return ops('trace', file, ...options);
};

/** The log line of a crash, as the sync writes it. */
const crash = (): Record<string, unknown> => {
  const error = new Error(message);
  error.stack = stack;
  const lines: Record<string, unknown>[] = [];
  const write = (text: string, fields: object) =>
    void lines.push({ level: 'ERROR', message: text, service: 'sync', ...fields });
  logCrash({ info: write, warn: write, error: write }, error);
  return lines[0] ?? {};
};
const time = '2026-11-23T09:37:21.000Z';
const stream = '2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef';

const forms: Record<string, () => string> = {
  'a stack trace': () => stack,
  'a log line of the sync': () => JSON.stringify(crash()),
  'a log line behind time and stream': () => `${time} ${stream} ${JSON.stringify(crash())}`,
  'log lines with others between them': () =>
    [{ service: 'sync', message: 'linked' }, crash()]
      .map((line) => JSON.stringify(line))
      .join('\r\n'),
  'aws logs tail --format json': () => `${time} ${stream}\n${JSON.stringify(crash(), null, 4)}\n`,
  'aws logs filter-log-events': () =>
    JSON.stringify({ events: [{ message: `${JSON.stringify(crash())}\n` }] }, null, 4),
  "Lambda's own log of an error": () =>
    JSON.stringify({
      timestamp: time,
      level: 'ERROR',
      message: { errorType: 'Error', errorMessage: message, stackTrace: stack.split('\n') },
    }),
  'an error in a log line of Powertools': () =>
    JSON.stringify({ service: 'sync', message: 'x', error: { name: 'Error', message, stack } }),
  'a log line that is cut off': () => JSON.stringify({ stack, more: 'that is lost' }).slice(0, -9),
};

describe('a stack trace', () => {
  it.each(Object.entries(forms))('is found in %s, without its message', (_, form) => {
    const traces = readTraces(form());
    expect(traces.map(({ frames }) => frames)).toEqual(
      readTraces(stack).map(({ frames }) => frames),
    );
    expect(traces).toHaveLength(1);
    expect(JSON.stringify(traces)).not.toContain('Jane');
  });

  it('is told in terms of the sources', async () => {
    const { code, stdout, stderr } = await traceOf(JSON.stringify(crash()), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { traces } = JSON.parse(stdout);
    expect(traces).toMatchObject([{ function: 'sync' }]);
    expect(traces[0].frames.slice(0, 3)).toMatchObject(way());
  });

  it('is kept apart from what caused it, and frames of Node stay as they are', async () => {
    const node = 'at process.processTicksAndRejections (node:internal/process/task_queues:104:5)';
    const text = `${stack}\n  [cause]: TypeError: ${message}\n${frames()[1]}\n    ${node}`;
    const { stdout } = await traceOf(text, '--function', 'sync', '--json');
    const [first, cause] = JSON.parse(stdout).traces;
    expect(first.frames[0]).toMatchObject({ name: 'parseEnvironment' });
    expect(cause.frames).toMatchObject([
      { name: 'compose', file: 'lambdas/sync/compose.ts' },
      { name: 'processTicksAndRejections', file: 'node:internal/process/task_queues', line: 104 },
    ]);
  });

  it('is printed as Node does, without its message', async () => {
    const { stdout } = await traceOf(stack, '--function', 'sync');
    for (const { name, file, line } of way()) {
      expect(stdout).toMatch(new RegExp(`^    at ${name} \\(${file}:${line}:\\d+\\)$`, 'm'));
    }
    expect(stdout).not.toContain('Jane');
    expect(stdout).toContain('Nothing was checked');
  });

  it('is what --help teaches about', async () => {
    const { code, stdout } = await ops('trace', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('aws logs tail');
  });

  it('may be piped in', async () => {
    const { child, ended } = startOps(['trace']);
    child.stdin?.end(JSON.stringify(crash()));
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('at handler (lambdas/sync/handler.ts:');
  });
});

describe('the function', () => {
  it('has to be named where no log line says it', async () => {
    const { code, stdout, stderr } = await traceOf(stack);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--function');
  });

  it('is what the log line says, whatever is named for others', async () => {
    const { stdout } = await traceOf(JSON.stringify(crash()), '--function', 'crm-change', '--json');
    expect(JSON.parse(stdout).traces).toMatchObject([{ function: 'sync' }]);
  });

  it('can only be one of ours', async () => {
    expect(await traceOf(stack, '--function', 'other')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('a stack', () => {
  const bundles = {
    crmChange: 'c'.repeat(64),
    taskEvent: 'e'.repeat(64),
    sync: bundle(functionEntries.sync).hash,
  };
  const traceIn = async (told: object) => {
    const file = join(place, 'input');
    writeFileSync(file, stack);
    const PATH = `${await pulumiWith({ ...outputs, ...told })}:/usr/bin:/bin`;
    return runIn(place, { PATH })('trace', file, '--stack', 'prod', '--function', 'sync');
  };

  it('that runs what is built here vouches for the places', async () => {
    const { code, stdout, stderr } = await traceIn({ bundles });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^sync of stack prod$/m);
    expect(stdout).not.toContain('Nothing was checked');
  });

  it('that runs another bundle is refused, with the way to its sources', async () => {
    const ended = await traceIn({ bundles: { ...bundles, sync: '0'.repeat(64) } });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('The sync of stack prod was built from other sources');
    expect(ended.stderr).toContain('npm ci');
  });

  it('that does not tell its bundles has to be brought up to date', async () => {
    const ended = await traceIn({});
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('pulumi up --stack prod');
  });
});

describe('what is of no use', () => {
  it.each([
    ['text without a stack trace', 'All is well.\n{"service":"sync"}'],
    ['a stack trace of something else', 'Error\n    at f (file:///var/task/other.mjs:1:2)'],
  ])('%s is refused', async (_, text) => {
    const { code, stdout, stderr } = await traceOf(text);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('There is no stack trace of a bundled function');
  });

  it.each([
    ['line', '1000000:1'],
    ['column', '1:1000000'],
  ])('a %s that the bundle does not have is refused: it is of other sources', async (_, at) => {
    const text = `    at f (file:///var/task/${bundleFile}:${at})`;
    const { code, stdout, stderr } = await traceOf(text, '--function', 'sync');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('npm ci');
  });

  it('a file that is not there is told by its name', async () => {
    const { code, stdout, stderr } = await ops('trace', join(place, 'nothing'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('nothing cannot be read (ENOENT)');
  });
});
