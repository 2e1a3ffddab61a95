import { join } from 'node:path';
import pc from 'picocolors';
import { run } from './run.ts';

/** `| head` has read enough: that is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** `npm run ops`: the operator's command line. */
const { NO_COLOR = '' } = process.env;
process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  root: join(import.meta.dirname, '..'),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // Not what picocolors would find out by itself: it colours a pipe too, where CI is set.
  colors: pc.createColors(process.stdout.isTTY === true && NO_COLOR === ''),
});
