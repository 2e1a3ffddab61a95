/** A Ctrl-C comes twice when npm is in between: from the terminal and from npm. */
const sameSignalMs = 500;
const parentCheckMs = 250;
const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Calls `stop` at the first signal to end, or when npm, which started us, is gone: its shell may end
 * without passing the signal on. Exits with 0 once it has stopped; a second signal ends at once.
 */
export const stopOnSignal = (stop: () => Promise<void>): void => {
  let since: number | undefined;

  const end = async () => {
    since = Date.now();
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      process.stderr.write(`Not stopped cleanly: ${error}\n`);
      process.exit(1);
    }
  };

  for (const [signal, number] of Object.entries(numbers)) {
    process.on(signal, () => {
      if (since === undefined) void end();
      else if (Date.now() - since > sameSignalMs) process.exit(128 + number);
    });
  }

  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && since === undefined) void end();
  }, parentCheckMs).unref();
};
