/** Prints the SHA-256 and the bytes of each function's bundle, and what weighs most in it. */
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle.ts';
import { functionEntries } from './function-entries.ts';
import { weighPackages } from './weigh-packages.ts';

if (process.argv.length > 2) {
  console.error('npm run bundles takes no arguments: it does all there is.');
  process.exit(2);
}

const mostShown = 12;
const figure = (bytes: number): string => bytes.toLocaleString('en').padStart(9);

for (const entry of Object.values(functionEntries)) {
  const { code, hash, metafile } = bundle(entry);
  const packages = weighPackages(metafile);
  const rest = packages.slice(mostShown).reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(`${figure(Buffer.byteLength(code))} ${entry} (${gzipSync(code).length} with gzip)`);
  console.log(`          SHA-256 ${hash}`);
  for (const [name, bytes] of packages.slice(0, mostShown)) {
    console.log(`  ${figure(bytes)} ${name}`);
  }
  console.log(`  ${figure(rest)} ${Math.max(0, packages.length - mostShown)} others\n`);
}
