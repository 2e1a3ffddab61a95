/** A Ctrl-C comes twice when npm is in between: from the terminal and from npm. */
const duplicateSignalMs = 500;

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * A signal that is aborted by the first Ctrl-C or SIGTERM from now on, so that a command can end cleanly.
 * A second one ends the process at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  for (const [name, number] of Object.entries(signalNumbers)) {
    process.on(name, () => {
      if (stoppedAt !== undefined && Date.now() - stoppedAt > duplicateSignalMs)
        process.exit(128 + number);
      stoppedAt ??= Date.now();
      controller.abort();
    });
  }
  return controller.signal;
}
