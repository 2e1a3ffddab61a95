import type { TestProject } from 'vitest/node';
import { startMoto } from './moto-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where moto answers; null where it is not installed. */
    readonly moto: string | null;
  }
}

const missing = `
moto_server is not on the PATH: all tests are skipped and NOTHING WAS CHECKED.
It stands in for AWS here. To get it (5.2.1 is the version that this was tried with):

    pipx install 'moto[server]==5.2.1'
`;

/** Starts moto for the tests, and stops it when they are done, whatever came of them. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const moto = await startMoto();
  if (moto === undefined) console.warn(missing);
  project.provide('moto', moto?.url ?? null);
  return async () => moto?.stop();
};
