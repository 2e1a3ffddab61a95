import pc from 'picocolors';
import { demoOptions, help } from './demo/demo-options.ts';
import { outcomes } from './demo/outcomes.ts';
import { say } from './demo/say.ts';
import { tellOfSource } from './demo/source-story.ts';
import { add, type Told } from './demo/told.ts';
import { tellOfTransfer } from './demo/transfer-story.ts';
import { startWorld } from './world.ts';

/** `npm run demo`: the story, in a terminal. Exit code 1 on any surprise. */
const options = demoOptions(process.argv.slice(2));
if (options.kind === 'help') {
  process.stdout.write(help);
  process.exit(0);
}
if (options.kind === 'wrong') {
  process.stderr.write(`${options.problem}\nnpm run demo -- --help tells what there is.\n`);
  process.exit(2);
}

const heard = outcomes();
const world = await startWorld({
  // One step after another: alone, an instance has all of Twilio's three searches a second.
  ...(options.kind === 'transfer' ? { windowMs: 200 } : { windowMs: 50, maximumConcurrency: 1 }),
  log: heard.hear,
});
try {
  const names = Object.keys(world.description.sources);
  const chosen = options.kind === 'source' ? [options.name] : names;
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(`there is no source ${unknown}; there are ${names.join(', ')}`);
  }

  let told: Told;
  if (options.kind === 'transfer') {
    told = await tellOfTransfer(world.description, heard);
  } else {
    told = { surprises: [], twilioCalls: 0 };
    for (const name of chosen) told = add(told, await tellOfSource(world.description, name, heard));
  }

  for (const surprise of told.surprises) say(pc.red(`\nSurprise: ${surprise}`));
  const lost = heard.accepted() - heard.settled();
  say();
  say(
    JSON.stringify({
      demo: told.surprises.length === 0 && lost === 0 ? 'ok' : 'surprise',
      linked: heard.of('linked'),
      unchanged: heard.of('unchanged'),
      stale: heard.of('stale'),
      removed: heard.of('removed'),
      twilioCalls: told.twilioCalls,
      lost,
    }),
  );
  if (told.surprises.length > 0 || lost > 0) process.exitCode = 1;
} catch (error) {
  process.exitCode = 1;
  say(pc.red(`\nSurprise: ${error instanceof Error ? error.message : error}`));
} finally {
  await world.close();
}
