import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export interface MotoServer {
  readonly url: string;
  stop(): Promise<void>;
}

const startSeconds = 60;

/** How a shell, and the shims of pyenv, say that there is no such command. */
const commandNotFoundExitCode = 127;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
};

/** Has moto forget all that was made. Gives false if nothing responds, or something other than moto. */
export const reset = (url: string): Promise<boolean> =>
  fetch(`${url}/moto-api/reset`, { method: 'POST', signal: AbortSignal.timeout(5000) }).then(
    async (response) => response.ok && (await response.text()).includes('"ok"'),
    () => false,
  );

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // There is nothing that it should bring to an end first.
  child.kill('SIGKILL');
  await ended;
};

/** Nobody stops the tests and leaves moto behind. */
const killOnExit = (child: ChildProcess): void => {
  process.once('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      child.kill('SIGKILL');
      // Without our listener, the signal has its default effect.
      process.kill(process.pid, signal);
    });
  }
};

/**
 * Starts moto's server on a port of its own and waits until it answers.
 * @returns undefined if `moto_server` is not installed
 * @throws if it is, but ends or does not respond within a minute; the error has its output
 */
export const startMoto = async (): Promise<MotoServer | undefined> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errorOutput = '';
  child.stderr.on('data', (chunk) => {
    // It logs every request; it says at the beginning why it cannot start.
    if (errorOutput.length < 10_000) errorOutput += chunk;
  });
  let missing = false;
  child.once('error', (error) => {
    missing = 'code' in error && error.code === 'ENOENT';
    errorOutput += error.message;
  });
  let ended = false;
  child.once('close', () => {
    ended = true;
  });
  killOnExit(child);

  const until = Date.now() + startSeconds * 1000;
  while (!ended && Date.now() < until) {
    if (await reset(url)) return { url, stop: () => stop(child) };
    await setTimeout(100);
  }
  if (missing || child.exitCode === commandNotFoundExitCode) return undefined;
  await stop(child);
  throw new Error(`moto_server ${ended ? 'ended' : 'did not answer'}: ${errorOutput}`);
};
