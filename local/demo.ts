import pc from 'picocolors';
import { demoOptions, help } from './demo/demo-options.ts';
import { outcomes } from './demo/outcomes.ts';
import { say } from './demo/say.ts';
import { tellOfSource } from './demo/source-story.ts';
import { add, type Told } from './demo/told.ts';
import { confirmAfterSeconds, tellOfTransfer } from './demo/transfer-story.ts';
import { startWorld } from './world.ts';

/** `npm run demo`: the story, in a terminal. Exit code 1 on any surprise. */
const options = demoOptions(process.argv.slice(2));
if (options.kind === 'help') {
  process.stdout.write(help);
  process.exit(0);
}
/** Ends with what is wrong with the command line. */
const refuse = (problem: string): never => {
  process.stderr.write(`${problem}\nnpm run demo -- --help tells what there is.\n`);
  process.exit(2);
};
if (options.kind === 'wrong') refuse(options.problem);

const heard = outcomes();
const world = await startWorld({
  ...(options.kind === 'transfer'
    ? {
        windowMs: 200,
        environment: { sync: { CONFIRM_AFTER_SECONDS: confirmAfterSeconds.join(',') } },
      }
    : // What webhooks do by themselves, one step after another: alone, an instance has all of Twilio's
      // three searches a second.
      { windowMs: 50, maximumConcurrency: 1, taskEvents: 'off' }),
  log: heard.hear,
});
try {
  const { sources } = world.description;
  const names = Object.keys(sources);
  const chosen =
    options.kind === 'source'
      ? names.filter((name) => name === options.name || sources[name]?.kind === options.name)
      : names;
  if (chosen.length === 0) refuse(`There is no such source; there are ${names.join(', ')}`);

  let told: Told;
  if (options.kind === 'transfer') {
    told = await tellOfTransfer(world.description, heard);
  } else {
    told = { surprises: [], twilioCalls: 0 };
    for (const name of chosen) told = add(told, await tellOfSource(world.description, name, heard));
  }

  for (const surprise of told.surprises) say(pc.red(`\nSurprise: ${surprise}`));
  const lost = heard.accepted() - heard.done();
  const isAsItShouldBe = told.surprises.length === 0 && lost === 0;
  say();
  say(
    JSON.stringify({
      demo: isAsItShouldBe ? 'ok' : 'surprise',
      linked: heard.of('linked'),
      unchanged: heard.of('unchanged'),
      stale: heard.of('stale'),
      removed: heard.of('removed'),
      twilioCalls: told.twilioCalls,
      lost,
    }),
  );
  if (!isAsItShouldBe) process.exitCode = 1;
} catch (error) {
  process.exitCode = 1;
  say(pc.red(`\nSurprise: ${error instanceof Error ? error.message : error}`));
} finally {
  await world.close();
}
