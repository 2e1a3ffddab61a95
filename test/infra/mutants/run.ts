/** Tries the program without each of the properties that it has to have, and prints what noticed it. */
import pc from 'picocolors';
import { mutants } from './mutants.ts';
import { caughtByRule, runMutants } from './try-all.ts';

if (process.argv.length > 2) {
  console.error('npm run mutants takes no arguments: it does all there is.');
  process.exit(2);
}

const started = performance.now();
const [asItIs, ...results] = await runMutants();

for (const result of results) {
  const { what = '', file = '' } = mutants[result.number] ?? {};
  const catcher = caughtByRule(result);
  console.log(`${catcher === undefined ? pc.red('SURVIVES') : pc.green('caught  ')} ${what}`);
  console.log(pc.dim(`           ${file}, by: ${catcher ?? (result.rejection || 'nothing')}`));
}

const seconds = Math.round((performance.now() - started) / 1000);
const surviving = results.filter((result) => caughtByRule(result) === undefined);
console.log(`\n${results.length} changes in ${seconds} s, of which ${surviving.length} survive`);

const isSound = asItIs?.rejection === '' && asItIs.caughtBy.length === 0;
if (!isSound) console.log(pc.red('The program as it is breaks rules:'), asItIs);
if (!isSound || surviving.length > 0) process.exitCode = 1;
