/** Tries the program without each of the properties that it has to have, and prints what noticed it. */
import pc from 'picocolors';
import { mutants } from './mutants.ts';
import { catcherOf, tryAll } from './try-all.ts';

if (process.argv.length > 2) {
  console.error('npm run mutants takes no arguments: it does all there is.');
  process.exit(2);
}

const started = performance.now();
const [asItIs, ...fates] = await tryAll();

for (const fate of fates) {
  const { what = '', file = '' } = mutants[fate.number] ?? {};
  const catcher = catcherOf(fate);
  console.log(`${catcher === undefined ? pc.red('SURVIVES') : pc.green('caught  ')} ${what}`);
  console.log(pc.dim(`           ${file}, by: ${catcher ?? (fate.refusal || 'nothing')}`));
}

const seconds = Math.round((performance.now() - started) / 1000);
const survivors = fates.filter((fate) => catcherOf(fate) === undefined);
console.log(`\n${fates.length} changes in ${seconds} s, of which ${survivors.length} survive`);

const isSound = asItIs?.refusal === '' && asItIs.caughtBy.length === 0;
if (!isSound) console.log(pc.red('The program as it is breaks rules:'), asItIs);
if (!isSound || survivors.length > 0) process.exitCode = 1;
