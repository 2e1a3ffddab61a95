import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const registry = 'shared/crm/registry.ts';
/** The parts of the project that the example needs. */
const copied = [
  ...['fixtures', 'lambdas', 'local', 'ops', 'shared', 'test/crm', 'test/crm-change', 'test/http'],
  ...['tools', 'test/property-runs.ts'],
  ...['biome.json', 'package.json', 'tsconfig.json', 'vitest.config.ts', '.gitignore'],
];
/** For programs that take some seconds, on a machine that may be busy with other tests. */
const timeLimitMs = 300_000;

/** The files of the example: each a path in bold, and the block below it. */
const filesOf = (page: string): [string, string][] =>
  [...page.matchAll(/^\*\*`([^`]+)`\*\*.*\n\n```\w+\n([\s\S]*?)^```/gm)].map(
    ([, path = '', text = '']) => [path, text],
  );

let tree = '';
let files: [string, string][] = [];

/** Runs a program of the project in a copy that has the example; gives its output. */
const inCopy = async (program: string, ...args: string[]): Promise<string> => {
  const bin = join(root, 'node_modules/.bin');
  const env = { PATH: `${bin}:${process.env['PATH']}`, NO_COLOR: '1' };
  try {
    return (await run(program, args, { cwd: tree, env })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  }
};

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'your-own-'));
  for (const path of copied) {
    await cp(join(root, path), join(tree, path), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  files = filesOf(await readFile(join(root, 'docs/sources/your-own.md'), 'utf8'));
  for (const [path, text] of files) {
    const isLine = path === registry;
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text, { flag: isLine ? 'a' : 'w' });
  }
});

afterAll(async () => {
  await rm(tree, { recursive: true, force: true });
});

describe('the example of a source of your own', () => {
  it('is one file and one line, beside its fixtures', () => {
    const paths = files.map(([path]) => path);
    expect(paths.toSorted()).toEqual([registry, 'shared/crm/sources/acme.ts']);
    expect(
      files
        .find(([path]) => path === registry)?.[1]
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });

  it(
    'passes the tests that every source passes',
    async () => {
      const report = join(tree, 'report.json');
      await inCopy(
        'vitest',
        'run',
        'test/crm/contract',
        '-t',
        'acme',
        '--reporter=dot',
        '--reporter=json',
        `--outputFile=${report}`,
      );
      const { numPassedTests, success } = JSON.parse(await readFile(report, 'utf8'));
      expect(success).toBe(true);
      // Each payload has several; none at all would be a success too.
      expect(numPassedTests).toBeGreaterThan(20);
    },
    timeLimitMs,
  );

  it(
    'has sound types, and the format of all the code here',
    async () => {
      const config = {
        extends: './tsconfig.json',
        include: ['shared/crm', 'lambdas/crm-change', 'fixtures'],
      };
      await writeFile(join(tree, 'tsconfig.acme.json'), JSON.stringify(config));
      await inCopy('tsc', '--project', 'tsconfig.acme.json');
      await inCopy('biome', 'ci', 'fixtures/acme', 'shared/crm/sources/acme.ts');
    },
    timeLimitMs,
  );

  it(
    'runs its story through the whole pipeline',
    async () => {
      const output = await inCopy('node', 'local/demo.ts', '--source', 'acme');
      expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({
        demo: 'ok',
        linked: 1,
        unchanged: 1,
        stale: 1,
        removed: 1,
        lost: 0,
      });
    },
    timeLimitMs,
  );
});
