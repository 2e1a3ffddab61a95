/** A Ctrl-C comes twice when npm is in between: from the terminal and from npm. */
const duplicateSignalMs = 500;

const parentCheckIntervalMs = 250;

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Calls `stop` at the first signal to end, or when npm, which started us, is gone: its shell may end
 * without passing the signal on. Exits with 0 once it has stopped; a second signal ends at once.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stoppingSince: number | undefined;

  const stopAndExit = async () => {
    stoppingSince = Date.now();
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      process.stderr.write(`Not stopped cleanly: ${error}\n`);
      process.exit(1);
    }
  };

  for (const [signal, number] of Object.entries(signalNumbers)) {
    process.on(signal, () => {
      if (stoppingSince === undefined) void stopAndExit();
      else if (Date.now() - stoppingSince > duplicateSignalMs) process.exit(128 + number);
    });
  }

  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && stoppingSince === undefined) void stopAndExit();
  }, parentCheckIntervalMs).unref();
}
