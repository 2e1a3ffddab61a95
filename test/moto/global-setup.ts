import type { TestProject } from 'vitest/node';
import { startMoto } from '../../tools/moto/moto-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of moto; null if it is not installed. */
    readonly moto: string | null;
  }
}

const missing = `
moto_server is not on the PATH: all tests are skipped and NOTHING WAS CHECKED.
It replaces AWS here. To get it (5.2.1 is the version that this was tried with):

    pipx install 'moto[server]==5.2.1'
`;

/** Starts moto for the tests, and stops it when they end, passed or failed. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const moto = await startMoto();
  if (moto === undefined) console.warn(missing);
  project.provide('moto', moto?.url ?? null);
  return async () => moto?.stop();
};
