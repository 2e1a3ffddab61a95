import type { TestProject } from 'vitest/node';
import { startMoto } from '../../tools/moto/moto-server.ts';
import { findTerraformProvider, providerHint } from '../../tools/provider/find-provider.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The binary of Terraform's AWS provider, and the URL of moto; null if one of them is missing. */
    readonly provider: { readonly binary: string; readonly moto: string } | null;
  }
}

/** Starts moto, and says what is missing. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const binary = findTerraformProvider();
  const moto = binary === undefined ? undefined : await startMoto();
  if (binary === undefined || moto === undefined) {
    const missing =
      binary === undefined
        ? `Terraform's AWS provider: ${providerHint}`
        : "moto_server: pipx install 'moto[server]==5.2.1'";
    console.warn(`0 checked, all skipped. NOTHING WAS CHECKED, this is missing: ${missing}`);
  }
  project.provide('provider', binary && moto ? { binary, moto: moto.url } : null);
  return async () => moto?.stop();
};
