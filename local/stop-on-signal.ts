import { stopSignal } from '../ops/stop-signal.ts';

const parentCheckIntervalMs = 250;

/**
 * Calls `stop` once and exits with 0: after Ctrl-C or SIGTERM, when the reader of our output has closed the
 * pipe (`| head`), and when npm, which started us, is gone (its shell may end without passing the signal on).
 * A second signal ends the process at once.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;

  const stopAndExit = async () => {
    if (isStopping) return;
    isStopping = true;
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      process.stderr.write(`Shutdown failed: ${error}\n`);
      process.exit(1);
    }
  };

  stopSignal().addEventListener('abort', () => void stopAndExit());

  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      void stopAndExit();
    });
  }

  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stopAndExit();
  }, parentCheckIntervalMs).unref();
}
