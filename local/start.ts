import { announcement } from './start/announcement.ts';
import { outcomeLine } from './start/outcome-line.ts';
import { help, startOptions } from './start/start-options.ts';
import { stopOnSignal } from './start/stop-on-signal.ts';
import { worldFile } from './start/world-file.ts';
import type { World } from './world.ts';

/** `npm start`: the embedded world, until it is told to stop. */
const options = startOptions(process.argv.slice(2), process.env);
if (options.kind === 'wrong') {
  process.stderr.write(`${options.problem}\nnpm start -- --help tells what there is.\n`);
  process.exit(2);
}
if (options.kind === 'help') {
  process.stdout.write(help);
  process.exit(0);
}

/** Where `npm run ops -- … --local` finds the world. */
const file = worldFile(new URL('../.world.json', import.meta.url));

let world: World | undefined;
stopOnSignal(async () => {
  file.remove();
  await world?.close();
});

const output = options.json ? process.stderr : process.stdout;
const before = performance.now();
try {
  const { startWorld } = await import('./world.ts');
  world = await startWorld({
    ports: { door: options.port },
    secrets: options.secrets,
    log: (line) => {
      const text = outcomeLine(line, new Date());
      if (text !== undefined) output.write(`${text}\n`);
    },
  });
  file.write(world.description);
} catch (error) {
  process.stderr.write(`Cannot start: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
process.stdout.write(
  options.json
    ? `${JSON.stringify(world.description)}\n`
    : announcement(world.description, performance.now() - before),
);
