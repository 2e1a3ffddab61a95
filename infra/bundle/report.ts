/** Prints the SHA-256 and the bytes of each bundle, and its largest packages. */
import { gzipSync } from 'node:zlib';
import { bundle, bundleBudgets, functionEntries, packageSizes } from './bundle.ts';

if (process.argv.length > 2) {
  console.error('npm run bundles takes no arguments.');
  process.exit(2);
}

const maxShown = 12;

for (const [name, budget] of Object.entries(bundleBudgets)) {
  const entry = functionEntries[name as keyof typeof functionEntries];
  const { code, hash, metafile } = bundle(entry);
  const packages = packageSizes(metafile);
  const rest = packages.slice(maxShown).reduce((sum, [, bytes]) => sum + bytes, 0);
  const limits = `budget ${budget.toLocaleString('en')}; ${gzipSync(code).length} with gzip`;
  console.log(`${byteText(Buffer.byteLength(code))} ${entry} (${limits})`);
  console.log(`          SHA-256 ${hash}`);
  for (const [name, bytes] of packages.slice(0, maxShown)) {
    console.log(`  ${byteText(bytes)} ${name}`);
  }
  console.log(`  ${byteText(rest)} ${Math.max(0, packages.length - maxShown)} others\n`);
}

function byteText(bytes: number): string {
  return bytes.toLocaleString('en').padStart(9);
}
