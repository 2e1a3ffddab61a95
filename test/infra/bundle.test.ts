import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Bundle,
  bundle,
  bundleBudgets,
  bundleFile,
  functionEntries,
  mapFile,
  nodeOptions,
  packageSizes,
  repositoryRoot,
} from '../../infra/bundle/bundle.ts';
import { listen } from '../../local/listen.ts';

const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kilobytes = 1000;
const bundled = Object.entries(functionEntries).map(([name, entry]) => ({ name, entry }));
const budgets = new Map(Object.entries(bundleBudgets));

/** Puts a bundle and its source map into a folder, as an archive holds them. */
const unpack = (place: string, { code, map }: Bundle): void => {
  mkdirSync(place);
  writeFileSync(join(place, bundleFile), code);
  writeFileSync(join(place, mapFile), map);
};

/** `file:line` of the only line of a source file that holds this text. */
const placeOf = (file: string, text: string): string => {
  const lines = readFileSync(join(repositoryRoot, file), 'utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  expect(found).toHaveLength(1);
  return `${file}:${found[0]}`;
};

/** Runs code beside the bundle in a Node of its own that has nothing but this in its environment. */
const run = async (place: string, code: string, env: Record<string, string>) => {
  const args = ['--input-type=module', '--eval', code];
  const options = { cwd: place, env, timeout: 60_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
  return { output: stdout, errors: stderr };
};

const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes';
const environment = {
  AWS_REGION: 'eu-west-1',
  QUEUE_URL: queueUrl,
  LOOKUP_QUEUE: 'lookups',
  SOURCES: '{}',
  WORKSPACE_SID: `WS${'2'.repeat(32)}`,
};

describe.each(bundled)('the bundle of $name', ({ name, entry }) => {
  const built = bundle(entry);
  const place = join(folder, name);
  const url = pathToFileURL(join(place, bundleFile)).href;
  beforeAll(() => unpack(place, built));

  it('has a source map that names files from the root and does not hold their text', () => {
    const { sources, sourcesContent } = JSON.parse(built.map);
    expect(sources).toContain(entry);
    for (const source of sources) expect(source).toMatch(/^(infra|lambdas|node_modules|shared)\//);
    expect(sourcesContent).toBeUndefined();
  });

  it('is within its budget', () => {
    expect(Buffer.byteLength(built.code)).toBeLessThanOrEqual(budgets.get(name) ?? 0);
  });

  it('holds neither all of zod nor all of twilio', () => {
    const weights = Object.fromEntries(packageSizes(built.metafile));
    expect(weights['zod']).toBeLessThan(90 * kilobytes);
    expect(weights['twilio'] ?? 0).toBeLessThan(50 * kilobytes);
  });

  it("holds none of the AWS SDK's clients for credentials that a function never asks for", () => {
    const packages = packageSizes(built.metafile).map(([name]) => name);
    expect(packages).toContain('@aws-sdk/credential-provider-env');
    expect(packages).not.toContain('@aws-sdk/nested-clients');
    expect(packages.join()).not.toMatch(/provider-(imds|ini|login|process|sso|web-identity)/);
  });

  it('needs nothing beside it but Node', () => {
    const imports = Object.values(built.metafile.outputs).flatMap(({ imports }) => imports);
    expect(imports.length).toBeGreaterThan(0);
    for (const { path } of imports) expect(process.getBuiltinModule(path), path).toBeDefined();
  });

  it('loads if no environment is set and no secret can be read', async () => {
    const code = `console.log(typeof (await import('${url}')).handler)`;
    expect(await run(place, code, {})).toMatchObject({ output: 'function\n' });
  });
});

it('is not built if a module that it leaves out has moved', () => {
  expect(() => bundle(functionEntries.sync, folder)).toThrow(
    'There is no zod/v4/core/json-schema-processors.js: correct infra/bundle/left-out.ts',
  );
});

it('task-event reads Tasks without the sources of the CRMs, their signatures and their parsers', () => {
  const modulesOf = (entry: string) => Object.keys(bundle(entry).metafile.inputs);
  const ofSources =
    /^shared\/crm\/(sources|signing|registry|config|parse\/xml)|node_modules\/(@rgrove\/parse-xml|ipaddr\.js)\//;
  const found = (entry: string) => modulesOf(entry).filter((module) => ofSources.test(module));
  expect(found(functionEntries.taskEvent)).toEqual([]);
  expect(found(functionEntries.crmChange)).toContain('shared/crm/sources/zendesk.ts');
  expect(modulesOf(functionEntries.taskEvent)).toContain('shared/crm/ticket-ids.ts');
});

describe('a stack trace of a bundle', () => {
  const outputOf = async (place: string, code: string): Promise<string> => {
    const imported = `const { handler } = await import('./${bundleFile}');`;
    const { output } = await run(place, `${imported}\n${code}`, { NODE_OPTIONS: nodeOptions });
    return output;
  };

  it('names files and lines of the sources', async () => {
    const code = 'await handler({ Records: [] }, {}).catch(({ stack }) => console.log(stack));';
    const output = await outputOf(join(folder, 'sync'), code);
    for (const [file, text] of [
      ['shared/aws/function-input.ts', 'throw new Error('],
      ['lambdas/sync/handler.ts', 'parseEnvironment(SyncEnvironment'],
      ['lambdas/sync/handler.ts', 'createSyncProvider(process.env'],
    ] as const) {
      expect(output).toMatch(new RegExp(`^ +at .*${placeOf(file, text)}:\\d+`, 'm'));
    }
    expect(output).not.toContain(bundleFile);
  });

  it('is logged as such when the sync crashes', async () => {
    const entry = 'test/infra/fixtures/crash.ts';
    const place = join(folder, 'crash');
    unpack(place, bundle(entry));
    const { error, at } = JSON.parse(await outputOf(place, 'handler();'));
    expect(error).toBe('TypeError');
    expect(at[0]).toContain(placeOf(entry, 'throw new TypeError'));
    expect(at[1]).toContain(placeOf(entry, 'fail();'));
  });
});

describe.each([
  { name: 'crmChange', rawPath: '/elsewhere', method: 'POST', status: 404 },
  { name: 'taskEvent', rawPath: '/twilio/task-events', method: 'GET', status: 405 },
])('the bundled $name', ({ name, rawPath, method, status }) => {
  it(`responds ${status} to a ${method} of ${rawPath}, without a secret`, async () => {
    const event = {
      rawPath,
      rawQueryString: '',
      headers: {},
      requestContext: { requestId: 'r-1', domainName: 'api.example.com', http: { method } },
      isBase64Encoded: false,
    };
    const url = pathToFileURL(join(folder, name, bundleFile)).href;
    const code = `
      const { handler } = await import('${url}');
      const daily = await handler({ keepActive: true }, {});
      const { statusCode } = await handler(${JSON.stringify(event)}, {});
      if (daily !== undefined) throw new Error('it does something daily');
      console.log('status ' + statusCode);`;
    const { output, errors } = await run(folder, code, {
      ...environment,
      AUTH_TOKEN_SECRET: 'twilio-auth-token',
      ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    });
    expect(`${output}${errors}`).toContain(`status ${status}`);
  });
});

describe('the bundled sync asks AWS for its secret', () => {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      const keys = { AccessKeyId: 'AKIDCONTAINER', SecretAccessKey: 'x', Token: 'container' };
      const Expiration = new Date(Date.now() + 3_600_000);
      response.end(JSON.stringify({ ...keys, Expiration }));
    } else {
      heard.push(request.headers);
      response
        .writeHead(400)
        .end('{"__type":"ResourceNotFoundException","message":"is not there"}');
    }
  });
  const file = join(folder, 'sync', bundleFile);
  let url: string;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ url, close } = await listen(server));
  });
  afterAll(() => close());

  /** Runs it on no messages; gives what it fails with, for this server keeps no secrets. */
  const failure = async (credentials: Record<string, string>): Promise<string> => {
    heard.length = 0;
    const code = `
      const { handler } = await import('${pathToFileURL(file)}');
      await handler({ Records: [] }, {}).catch(({ message }) => console.log(message));`;
    const { output } = await run(folder, code, {
      ...environment,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      // Nor is there a machine of EC2 around it, which would be asked last.
      AWS_EC2_METADATA_DISABLED: 'true',
      DEAD_LETTER_QUEUE: 'dead',
      TWILIO_SECRET: 'twilio',
      TASKROUTER_URL: 'https://taskrouter.twilio.com',
      EVALUATIONS_PER_SECOND: '1',
      ...credentials,
    });
    return output.trim();
  };

  it('signed with the credentials that Lambda puts into the environment', async () => {
    const lambda = { AWS_ACCESS_KEY_ID: 'AKIDLAMBDA', AWS_SECRET_ACCESS_KEY: 'x' };
    expect(await failure({ ...lambda, AWS_SESSION_TOKEN: 'lambda' })).toBe('is not there');
    expect(heard).toMatchObject([
      {
        authorization: expect.stringContaining('Credential=AKIDLAMBDA/'),
        'x-amz-security-token': 'lambda',
      },
    ]);
  });

  it("signed with a container's credentials, if the environment has only their URL", async () => {
    const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials` };
    expect(await failure(container)).toBe('is not there');
    expect(heard).toMatchObject([{ 'x-amz-security-token': 'container' }]);
  });

  it('not at all without credentials, and says so', async () => {
    expect(await failure({})).toBe('Could not load credentials from any providers');
    expect(heard).toEqual([]);
  });
});

it('the bytes of a bundle are listed by package, the largest first, our own as one', () => {
  const input = (bytesInOutput: number) => ({ bytesInOutput });
  const output = { bytes: 0, exports: [], imports: [] };
  expect(
    packageSizes({
      inputs: {},
      outputs: {
        'handler.mjs': {
          ...output,
          inputs: {
            'shared/a.ts': input(3),
            'lambdas/b.ts': input(4),
            'node_modules/zod/v4/core.js': input(5),
            'node_modules/@aws-sdk/core/a.js': input(9),
            'node_modules/twilio/node_modules/dayjs/b.js': input(1),
          },
        },
      },
    }),
  ).toEqual([
    ['@aws-sdk/core', 9],
    ['our own', 7],
    ['zod', 5],
    ['dayjs', 1],
  ]);
});
