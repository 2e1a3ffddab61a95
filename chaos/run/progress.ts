const everyMs = 1000;
const everyMsInALog = 5000;

/**
 * Tells how things go, on stderr: a line that is redrawn on a terminal, elsewhere a line every few
 * seconds.
 */
export const showProgress = (
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  line: () => string | Promise<string>,
) => {
  const { isTTY } = stream;
  const show = async (): Promise<void> => {
    const text = await line();
    stream.write(isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  };
  const timer = setInterval(() => void show().catch(() => {}), isTTY ? everyMs : everyMsInALog);
  timer.unref();
  return {
    /** Leaves the last line standing. */
    stop: (): void => {
      clearInterval(timer);
      if (isTTY) stream.write('\r\u001b[K');
    },
  };
};
