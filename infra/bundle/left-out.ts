import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * A plugin of esbuild that leaves code out that no function runs. This saves a third of a bundle's bytes, and so a
 * part of each cold start. A new version of a package may move or need such a module. Then the build fails, or a
 * test of the bundle fails, or an error at run time names the module.
 */
export function leaveOut(root: string): Plugin {
  const modules = [
    ...unused,
    ...undefinedValues,
    ...Object.keys(replacements),
    ...Object.keys(edits),
  ];
  return {
    name: 'leave-out',
    setup({ onLoad }) {
      for (const module of modules) {
        if (existsSync(join(root, 'node_modules', module))) continue;
        throw new Error(`There is no ${module}: correct infra/bundle/left-out.ts`);
      }
      const filter = new RegExp(`/node_modules/(?:${modules.join('|').replaceAll('.', '\\.')})$`);
      onLoad({ filter }, ({ path }) => {
        const module = path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length);
        const contents = changedText(module, readFileSync(path, 'utf8'));
        return { contents, loader: module.endsWith('.json') ? 'json' : 'js' };
      });
    },
  };
}

const smithy = '@smithy/core/dist-es/submodules';
const clients = ['@aws-sdk/client-sqs', '@aws-sdk/client-secrets-manager'];

/** Modules that are loaded, but whose functions and classes are never used. */
const unused = [
  // Converts a schema to JSON Schema. Only `docs` needs that.
  'zod/v4/core/json-schema-processors.js',
  'zod/v4/core/to-json-schema.js',
  // shared/aws/json-middleware.ts needs no schemas.
  `${smithy}/protocols/HttpProtocol.js`,
  `${smithy}/schema/schemas/NormalizedSchema.js`,
  // For a Node without OpenSSL. Also MD5, which our SQS client does not check.
  `${smithy}/checksum/sha256/Sha256Js.js`,
  `${smithy}/checksum/md5/Md5Js.js`,
  `${smithy}/checksum/md5/Md5Node.js`,
  // Streams of browsers.
  `${smithy}/serde/util-stream/sdk-stream-mixin.browser.js`,
  // Another retry mode, and rules for another service.
  `${smithy}/retry/util-retry/AdaptiveRetryStrategy.js`,
  `${smithy}/endpoints/middleware-endpoint/service-customizations/s3.js`,
];

/** Modules whose exports become undefined. */
const undefinedValues = clients.map((client) => `${client}/dist-es/schemas/schemas_0.js`);

/** Modules that are used, and a smaller replacement for each. */
const replacements: Readonly<Record<string, string>> = {
  // Lambda sets the credentials of the role as environment variables. A container has a URL for them. Left out:
  // profiles, single sign-on, processes, token files, and the metadata of EC2.
  // Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  '@aws-sdk/credential-provider-node/dist-es/index.js': `
    import { fromEnv } from '@aws-sdk/credential-provider-env';
    import { fromHttp } from '@aws-sdk/credential-provider-http';
    import { memoizeChain } from './runtime/memoize-chain';
    const none = async () => { throw new Error('Could not load credentials from any providers'); };
    const expiresSoon = ({ expiration }) =>
      expiration !== undefined && expiration.getTime() - Date.now() < 300_000;
    export const defaultProvider = (init) =>
      memoizeChain([fromEnv(init), async () => fromHttp(init)(), none], expiresSoon);`,
  // A client must have a protocol. Ours are middlewares.
  ...Object.fromEntries(
    ['AwsJson1_0Protocol', 'AwsJson1_1Protocol'].map((name) => [
      `@aws-sdk/core/dist-es/submodules/protocols/json/${name}.js`,
      `export class ${name} { setSerdeContext() {} }`,
    ]),
  ),
  // Lambda sets AWS_REGION, and there are no files of profiles.
  [`${smithy}/config/config-resolver/regionConfig/getInstanceMetadataRegion.js`]:
    'export const getInstanceMetadataRegion = async () => undefined;',
  [`${smithy}/config/shared-ini-file-loader/loadSharedConfigFiles.js`]: `
    export { CONFIG_PREFIX_SEPARATOR } from './constants';
    export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  // Signs the events of a stream.
  '@smithy/signature-v4/dist-es/HeaderFormatter.js': 'export class HeaderFormatter {}',
  // A client reads its version from this file. The rest is for npm.
  ...Object.fromEntries(clients.map((client) => [`${client}/package.json`, '{ "version": "" }'])),
  // twilio parses the dates of a Task with dayjs. We use none of them.
  'dayjs/dayjs.min.js': `
    const utc = (text) => {
      const date = new Date(text);
      return { isValid: () => !Number.isNaN(date.getTime()), toDate: () => date };
    };
    module.exports = { extend() {}, utc };`,
  'dayjs/plugin/utc.js': 'module.exports = undefined;',
};

/** Replacements in the text of modules. They let esbuild see that only one function of zod's `util` is used. */
const edits: Readonly<Record<string, readonly [from: string, to: string][]>> = {
  'zod/v4/classic/schemas.js': [
    ['import { util } from "../core/index.js";', 'import * as util from "../core/util.js";'],
    ['core.util.constantCatch', 'util.constantCatch'],
  ],
};

/** The text of a module in the bundle. */
function changedText(module: string, text: string): string {
  if (undefinedValues.includes(module)) return `const none = undefined; ${exportsAs('none', text)}`;
  if (unused.includes(module)) {
    const message = `${module} is not in the bundle: infra/bundle/left-out.ts says why`;
    return `function leftOut() { throw new Error('${message}'); } ${exportsAs('leftOut', text)}`;
  }
  return replacements[module] ?? (edits[module] ?? []).reduce(replaceOnce(module), text);
}

/** Exports a variable under each name that a module exports. */
function exportsAs(variable: string, text: string): string {
  const exported = /^export (?:const|let|var|class|(?:async )?function) ([\w$]+)/gm;
  const names = [...text.matchAll(exported)].map(([, name]) => `${variable} as ${name}`);
  return `export { ${names.join(', ')} };`;
}

function replaceOnce(module: string) {
  return (text: string, [from, to]: readonly [string, string]): string => {
    const parts = text.split(from);
    if (parts.length === 2) return parts.join(to);
    throw new Error(`${module} does not have "${from}" once: correct infra/bundle/left-out.ts`);
  };
}
