import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import * as z from 'zod';
import { jsonText } from '../shared/json.ts';

const folder = import.meta.dirname;

const PackageJson = jsonText(z.object({ version: z.string() }));

/** The two forms of the plugin. */
interface BuiltPlugin {
  version: string;
  /**
   * For Flex UI: it starts the plugin. It begins with a comment that contains the version, which `plugin release`
   * reads.
   */
  script: string;
  /** For Twilio's Flex Plugins CLI: it exports the class and does not start the plugin. */
  module: string;
}

/**
 * Builds the plugin. The bytes depend only on the sources.
 * @throws BuildFailure of esbuild
 */
export function buildPlugin(): BuiltPlugin {
  const { version } = PackageJson.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const banner = { js: `/*! crm-media-sync Flex plugin ${version} */` };
  const start =
    "import { CrmMediaSyncPlugin } from './plugin.ts';Twilio.Flex.Plugins.init(CrmMediaSyncPlugin);";
  return {
    version,
    script: build({ stdin: { contents: start, resolveDir: folder }, banner, format: 'iife' }),
    module: build({ entryPoints: [join(folder, 'plugin.ts')], banner, format: 'esm' }),
  };
}

function build(options: BuildOptions): string {
  const forBrowsers = './flex-plugin/for-browsers.ts';
  const { outputFiles = [] } = buildSync({
    ...options,
    absWorkingDir: join(folder, '..'),
    write: false,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    alias: { 'node:crypto': forBrowsers },
    inject: [forBrowsers],
    define: { 'JSON.isRawJSON': 'isRawJson' },
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** `npm run plugin:build` */
if (import.meta.main) {
  const { version, script, module } = buildPlugin();
  const files = { [`crm-media-sync-${version}.js`]: script, 'crm-media-sync.module.js': module };
  mkdirSync(join(folder, 'dist'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, 'dist', name), text);
    console.log(`flex-plugin/dist/${name}  ${Buffer.byteLength(text)} bytes`);
  }
}
