import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

interface MotoServer {
  readonly url: string;
  stop(): Promise<void>;
}

const startSeconds = 60;

/** The exit code of a shell, or of a pyenv shim, if the command does not exist. */
const commandNotFoundExitCode = 127;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free');
  return address.port;
};

/** Makes moto delete all resources. Returns false if the server does not respond, or is not moto. */
export const reset = (url: string): Promise<boolean> =>
  fetch(`${url}/moto-api/reset`, { method: 'POST', signal: AbortSignal.timeout(5000) }).then(
    async (response) => response.ok && (await response.text()).includes('"ok"'),
    () => false,
  );

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // The server has no work to finish.
  child.kill('SIGKILL');
  await ended;
};

/** If the tests end, moto must end too. */
const killOnExit = (child: ChildProcess): void => {
  process.once('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      child.kill('SIGKILL');
      // Our listener is removed, so the signal has its default effect.
      process.kill(process.pid, signal);
    });
  }
};

/**
 * Starts moto's server on a free port, and waits until it responds.
 * @returns undefined if `moto_server` is not installed
 * @throws Error with the server's output if it ends, or does not respond within a minute
 */
export const startMoto = async (): Promise<MotoServer | undefined> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errorOutput = '';
  child.stderr.on('data', (chunk) => {
    // The first lines say why it cannot start. Later it logs every request.
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
  throw new Error(`moto_server ${ended ? 'ended' : 'did not respond'}: ${errorOutput}`);
};
