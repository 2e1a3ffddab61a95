import type { LocalStack } from './stack.ts';
import { startSummary } from './start/announcement.ts';
import { formatLogLine } from './start/log-line.ts';
import { parseStartOptions, startHelp } from './start/options.ts';
import { createStateFile } from './start/state-file.ts';
import { stopOnSignal } from './start/stop-on-signal.ts';

/** `npm start`: the embedded world, until it is told to stop. */
const options = parseStartOptions(process.argv.slice(2), process.env);

if (options.kind === 'wrong') {
  process.stderr.write(`${options.problem}\nnpm start -- --help tells what there is.\n`);
  process.exit(2);
}

if (options.kind === 'help') {
  process.stdout.write(startHelp);
  process.exit(0);
}

/** Where `npm run ops -- … --local` finds the world. */
const stateFile = createStateFile(new URL('../.world.json', import.meta.url));

let stack: LocalStack | undefined;

stopOnSignal(async () => {
  stateFile.remove();
  await stack?.close();
});

const output = options.json ? process.stderr : process.stdout;

const startedAt = performance.now();

try {
  const { startLocalStack: startWorld } = await import('./stack.ts');
  stack = await startWorld({
    ports: { webhooks: options.port },
    secrets: options.secrets,
    log: (line) => {
      const text = formatLogLine(line, new Date());
      if (text !== undefined) output.write(`${text}\n`);
    },
  });
  stateFile.write(stack.description);
} catch (error) {
  process.stderr.write(`Cannot start: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

process.stdout.write(
  options.json
    ? `${JSON.stringify(stack.description)}\n`
    : startSummary(stack.description, performance.now() - startedAt),
);
