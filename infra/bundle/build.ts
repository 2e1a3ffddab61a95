/**
 * Prints a bundle as JSON. Arguments: the entry, the root, and options of esbuild as JSON.
 *
 * esbuild supports plugins only in asynchronous calls, and the constructor of a Pulumi component cannot wait. So
 * `bundle` runs this in its own process.
 */
import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { type Bundle, bundleOptions, mapFile } from './bundle.ts';

const [, , entry = '', root = '', options = '{}'] = process.argv;

const { outputFiles = [], metafile } = await build({
  ...bundleOptions(entry, root),
  ...JSON.parse(options),
  write: false,
  metafile: true,
});
const map = outputFiles.find(({ path }) => path.endsWith(mapFile));
const code = outputFiles.find((file) => file !== map);
if (code === undefined || metafile === undefined)
  throw new Error(`esbuild returned no code for ${entry}`);
const hash = createHash('sha256').update(code.contents).digest('hex');
const bundle: Bundle = { code: code.text, hash, map: map?.text ?? '', metafile };
process.stdout.write(JSON.stringify(bundle));
