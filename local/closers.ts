/** What was started, to be stopped in reverse order. */
export const closers = () => {
  const started: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of started.splice(0).reverse()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything stopped cleanly');
  };
  return {
    closeAll,
    /** Waits for a part to start and notes how to stop it. Where it fails, all before it is stopped. */
    start: async <Part extends { close(): Promise<void> }>(starting: Part | Promise<Part>) => {
      try {
        const part = await starting;
        started.push(() => part.close());
        return part;
      } catch (error) {
        await closeAll();
        throw error;
      }
    },
  };
};
