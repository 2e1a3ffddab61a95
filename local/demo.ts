import pc from 'picocolors';
import { demoHelp, parseDemoOptions } from './demo/options.ts';
import { combineResults, createOutcomeCounter, type ScenarioResult } from './demo/outcomes.ts';
import { print } from './demo/print.ts';
import { runSourceScenario } from './demo/source-scenario.ts';
import { confirmAfterSeconds, runTransferScenario } from './demo/transfer-scenario.ts';
import { startLocalStack } from './stack.ts';

/** `npm run demo`: the story, in a terminal. Exit code 1 on any surprise. */
const options = parseDemoOptions(process.argv.slice(2));

if (options.kind === 'help') {
  process.stdout.write(demoHelp);
  process.exit(0);
}

if (options.kind === 'wrong') exitWithUsageError(options.problem);

const counter = createOutcomeCounter();

const stack = await startLocalStack({
  ...(options.kind === 'transfer'
    ? {
        windowMs: 200,
        environment: { sync: { CONFIRM_AFTER_SECONDS: confirmAfterSeconds.join(',') } },
      }
    : // What webhooks do by themselves, one step after another: alone, an instance has all of Twilio's
      // three searches a second.
      { windowMs: 50, maximumConcurrency: 1, taskEvents: 'off' }),
  log: counter.readLine,
});

try {
  const { sources } = stack.description;
  const names = Object.keys(sources);
  const selected =
    options.kind === 'source'
      ? names.filter((name) => name === options.name || sources[name]?.kind === options.name)
      : names;
  if (selected.length === 0)
    exitWithUsageError(`There is no such source; there are ${names.join(', ')}`);

  let result: ScenarioResult;
  if (options.kind === 'transfer') {
    result = await runTransferScenario(stack.description, counter);
  } else {
    result = { failures: [], twilioCalls: 0 };
    for (const name of selected)
      result = combineResults(result, await runSourceScenario(stack.description, name, counter));
  }

  for (const surprise of result.failures) print(pc.red(`\nSurprise: ${surprise}`));
  const lost = counter.accepted() - counter.done();
  const succeeded = result.failures.length === 0 && lost === 0;
  print();
  print(
    JSON.stringify({
      demo: succeeded ? 'ok' : 'surprise',
      linked: counter.count('linked'),
      unchanged: counter.count('unchanged'),
      stale: counter.count('stale'),
      removed: counter.count('removed'),
      twilioCalls: result.twilioCalls,
      lost,
    }),
  );
  if (!succeeded) process.exitCode = 1;
} catch (error) {
  process.exitCode = 1;
  print(pc.red(`\nSurprise: ${error instanceof Error ? error.message : error}`));
} finally {
  await stack.close();
}

/** Ends with what is wrong with the command line. */
function exitWithUsageError(problem: string): never {
  process.stderr.write(`${problem}\nnpm run demo -- --help tells what there is.\n`);
  process.exit(2);
}
