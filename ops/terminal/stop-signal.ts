/** A Ctrl-C comes twice when npm is in between: from the terminal and from npm. */
const sameSignalMs = 500;
const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * A signal that is aborted by the first Ctrl-C or SIGTERM from now on, so that a command can end cleanly.
 * A second one ends at once.
 */
export const stopSignal = (): AbortSignal => {
  const controller = new AbortController();
  let since: number | undefined;
  for (const [name, number] of Object.entries(numbers)) {
    process.on(name, () => {
      if (since !== undefined && Date.now() - since > sameSignalMs) process.exit(128 + number);
      since ??= Date.now();
      controller.abort();
    });
  }
  return controller.signal;
};
