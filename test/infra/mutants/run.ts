/** `npm run mutants`: tries the program without each of its properties, and prints which rule notices. */
import pc from 'picocolors';
import { mutants } from './mutants.ts';
import { caughtByRule, runMutants } from './try-all.ts';

if (process.argv.length > 2) {
  console.error('npm run mutants takes no arguments.');
  process.exit(2);
}

const started = performance.now();
const [original, ...results] = await runMutants();

for (const result of results) {
  const { what = '', file = '' } = mutants[result.number] ?? {};
  const catcher = caughtByRule(result);
  console.log(`${catcher === undefined ? pc.red('SURVIVES') : pc.green('caught  ')} ${what}`);
  console.log(pc.dim(`           ${file}, by: ${catcher ?? (result.rejection || 'nothing')}`));
}

const seconds = Math.round((performance.now() - started) / 1000);
const surviving = results.filter((result) => caughtByRule(result) === undefined);
console.log(`\n${results.length} mutants in ${seconds} s, ${surviving.length} survive`);

const isSound = original?.rejection === '' && original.caughtBy.length === 0;
if (!isSound) console.log(pc.red('The unchanged program breaks rules:'), original);
if (!isSound || surviving.length > 0) process.exitCode = 1;
